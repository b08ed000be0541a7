"""The life of a Cognito Sync dataset: written, listed, deleted, gone."""

import boto3

from moto_cognitosync import mock_cognitosync


@mock_cognitosync
def main() -> None:
    print("All of this happens inside a mock. Nothing is sent to AWS.")
    identities = boto3.client("cognito-identity", region_name="us-east-1")
    sync = boto3.client("cognito-sync", region_name="us-east-1")

    print("\n1. Make an identity pool, and an identity in it.")
    pool = identities.create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )
    identity = identities.get_id(IdentityPoolId=pool["IdentityPoolId"])
    dataset = {
        "IdentityPoolId": pool["IdentityPoolId"],
        "IdentityId": identity["IdentityId"],
        "DatasetName": "settings",
    }
    for name, value in dataset.items():
        print(f"   {name}: {value}")

    print("\n2. Write two records. The first write creates the dataset.")
    token = sync.list_records(**dataset)["SyncSessionToken"]
    patches = [
        {"Op": "replace", "Key": "theme", "Value": "dark", "SyncCount": 0},
        {"Op": "replace", "Key": "volume", "Value": "11", "SyncCount": 0},
    ]
    sync.update_records(**dataset, SyncSessionToken=token, RecordPatches=patches)

    print("\n3. List them.")
    for record in sync.list_records(**dataset)["Records"]:
        print(f"   {record['Key']} = {record['Value']}")

    print("\n4. Delete the dataset. The answer is the metadata of what was removed.")
    for name, value in sync.delete_dataset(**dataset)["Dataset"].items():
        print(f"   {name}: {value}")

    print("\n5. Delete it again. There is nothing left to delete.")
    try:
        sync.delete_dataset(**dataset)
    except sync.exceptions.ResourceNotFoundException as error:
        print(f"   {error}")


if __name__ == "__main__":
    main()
