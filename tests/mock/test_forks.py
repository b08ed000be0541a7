"""A forked child can acquire locks that other threads held during the fork."""

from __future__ import annotations

import os

import pytest

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="the platform does not fork"
)

# Each scenario makes a function slow, and forks while a thread is inside it.
SCRIPT = """
import os, signal, time
from threading import Event, Thread

import boto3, requests
from moto.core import base_backend

from moto_cognitosync import _mock, cognitosync_backends, mock_cognitosync
from moto_cognitosync._moto import quick_start
from moto_cognitosync.cognitosync.integrations.streams import Stream
from moto_cognitosync.cognitosync.store.datasets import Dataset

entered = Event()

def slow(owner, name):
    function = getattr(owner, name)
    def run(*args, **kwargs):
        entered.set()
        time.sleep(0.3)
        return function(*args, **kwargs)
    setattr(owner, name, run)

def usage():
    sync.list_identity_pool_usage()

def write():
    token = sync.list_records(**ids)["SyncSessionToken"]
    patch = {"Op": "replace", "Key": "volume", "Value": "11", "SyncCount": 9}
    sync.update_records(**ids, SyncSessionToken=token, RecordPatches=[patch])

def list_written():
    listed = sync.list_records(**ids)
    (record,) = listed["Records"]
    assert record["SyncCount"] == listed["DatasetSyncCount"] == 2

def write_to_stream():
    write()
    kinesis = boto3.client("kinesis")
    shards = {"StreamName": "s", "ShardId": "shardId-000000000000"}
    start = kinesis.get_shard_iterator(**shards, ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
    assert len(records) == 2

def start_mock():
    with mock_cognitosync():
        usage()

def look_up():
    cognitosync_backends["210987654321"]

def get():
    requests.get("https://cognito-sync.us-east-1.amazonaws.com/identitypools")

def in_child(task):
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        task()
        os._exit(0)
    print(os.waitpid(pid, 0)[1])

with mock_cognitosync():
    sync, pools = boto3.client("cognito-sync"), boto3.client("cognito-identity")
    boto3.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    pool = pools.create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )["IdentityPoolId"]
    identity = pools.get_id(IdentityPoolId=pool)["IdentityId"]
    ids = dict(IdentityPoolId=pool, IdentityId=identity, DatasetName="settings")
    sync.set_identity_pool_configuration(
        IdentityPoolId=pool,
        CognitoStreams={"StreamName": "s", "StreamingStatus": "ENABLED"},
    )
    write()  # imports modules: Python's own import locks do not survive a fork
    OWNER, NAME, THREAD, CHILD = SCENARIO
    slow(OWNER, NAME)
    thread = Thread(target=THREAD)
    thread.start()
    entered.wait(9)
    in_child(CHILD)
    thread.join()
"""


@pytest.mark.parametrize(
    "scenario",
    [
        "Dataset, 'put', write, list_written",
        "Stream, 'put_update', write, write_to_stream",
        "base_backend.AccountSpecificBackend, '__init__', look_up, usage",
        "_mock._ActiveMocks, 'start', start_mock, start_mock",
        "quick_start, '_add_all_callbacks', get, get",
    ],
    ids=["write", "delivery", "backend look-up", "start of a mock", "requests"],
)
def test_a_child_can_use_a_lock_that_another_thread_held_during_the_fork(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, scenario: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    result = pytester.runpython_c(SCRIPT.replace("SCENARIO", scenario))

    assert result.outlines == ["0"]
    assert result.ret == 0
