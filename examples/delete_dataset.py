"""Write, list and delete a dataset in a mock of Cognito Sync."""

import boto3

from moto_cognitosync import mock_cognitosync


@mock_cognitosync
def main() -> None:
    print("Everything runs in a mock. No request reaches AWS.")
    identities = boto3.client("cognito-identity", region_name="us-east-1")
    sync = boto3.client("cognito-sync", region_name="us-east-1")

    print("\n1. Create an identity pool and an identity.")
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

    print("\n3. List the records.")
    for record in sync.list_records(**dataset)["Records"]:
        print(f"   {record['Key']} = {record['Value']}")

    print("\n4. Delete the dataset. The response contains its metadata.")
    for name, value in sync.delete_dataset(**dataset)["Dataset"].items():
        print(f"   {name}: {value}")

    print("\n5. Delete it again. It no longer exists.")
    try:
        sync.delete_dataset(**dataset)
    except sync.exceptions.ResourceNotFoundException as error:
        print(f"   {error}")


if __name__ == "__main__":
    main()
