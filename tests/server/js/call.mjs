// Runs calls with the AWS SDK for JavaScript: one line of JSON in, one line out.
//
// A call is {"endpoint", "operation", "input"}. The result is {"output"} or, if the
// service returns an error, {"error", "message", "status"}. Dates are ISO strings.

import { createInterface } from "node:readline";

import * as sdk from "@aws-sdk/client-cognito-sync";

function revive(key, value) {
  return key.endsWith("Date") ? new Date(value) : value;
}

async function send({ endpoint, operation, input }) {
  const client = new sdk.CognitoSyncClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "testing", secretAccessKey: "testing" },
    maxAttempts: 1,
  });
  try {
    const command = new sdk[`${operation}Command`](input);
    const { $metadata, ...output } = await client.send(command);
    return { output };
  } catch (error) {
    if (!(error instanceof sdk.CognitoSyncServiceException)) throw error;
    // Callers distinguish errors by their class, so return its name.
    const { constructor, message, $metadata } = error;
    return { error: constructor.name, message, status: $metadata.httpStatusCode };
  } finally {
    client.destroy();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await send(JSON.parse(line, revive))));
}
