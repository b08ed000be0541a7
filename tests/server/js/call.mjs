// Runs calls with the AWS SDK for JavaScript: one line of JSON in, one line out.
//
// A call is {"endpoint", "service", "operation", "input"}. The result is {"output"} or,
// if the service returns an error, {"error", "message", "status"}. Dates are ISO strings.

import { createInterface } from "node:readline";

import * as identity from "@aws-sdk/client-cognito-identity";
import * as sync from "@aws-sdk/client-cognito-sync";

const services = {
  "cognito-identity": {
    ...identity,
    Client: identity.CognitoIdentityClient,
    ServiceException: identity.CognitoIdentityServiceException,
  },
  "cognito-sync": {
    ...sync,
    Client: sync.CognitoSyncClient,
    ServiceException: sync.CognitoSyncServiceException,
  },
};

function revive(key, value) {
  return key.endsWith("Date") ? new Date(value) : value;
}

async function send({ endpoint, service, operation, input }) {
  const sdk = services[service];
  const client = new sdk.Client({
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
    if (!(error instanceof sdk.ServiceException)) throw error;
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
