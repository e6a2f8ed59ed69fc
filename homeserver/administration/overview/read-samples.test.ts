import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSample } from './read-samples.ts';

test('only messages that were accepted count as sends, and queues add up', () => {
  const sample = readSample(`# HELP holdfast_http_replies_total Replies
holdfast_http_replies_total{operation="sendMessage",status="200"} 7
holdfast_http_replies_total{operation="sendMessage",status="403"} 5
holdfast_http_replies_total{operation="sync",status="200"} 100
holdfast_http_duration_seconds_sum{operation="sendMessage"} 0.25
holdfast_http_duration_seconds_sum{operation="sync"} 900
holdfast_commands_waiting 3
holdfast_changes_pending 4
holdfast_commit_seconds_bucket{le="0.1"} 5
holdfast_commit_seconds_sum 1.5
holdfast_commit_seconds_count 9
`);
  assert.deepEqual([sample.sends, sample.sendSeconds, sample.queued], [7, 0.25, 7]);
  assert.deepEqual([sample.commits, sample.commitSeconds, sample.memoryBytes], [9, 1.5, 0]);
});
