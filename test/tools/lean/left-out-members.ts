/** The ways to get a token that need a user: a browser, a code for a device, a password, a broker, the user's token. */
const userFlows = {
  "identity/dist/esm/msal/nodeFlows/msalClient.js": [
    "getPublicApp",
    "getTokenSilent",
    "withSilentAuthentication",
    "getTokenByDeviceCode",
    "getTokenByUsernamePassword",
    "getTokenByAuthorizationCode",
    "getTokenOnBehalfOf",
    "createBaseInteractiveRequest",
    "getBrokeredTokenInternal",
    "getBrokeredToken",
    "getTokenByInteractiveRequest",
  ],
  "msal-node/dist/client/ClientApplication.mjs": [
    "getAuthCodeUrl",
    "acquireTokenByCode",
    "acquireTokenByRefreshToken",
    "acquireTokenSilent",
    "acquireTokenSilentAsync",
    "acquireCachedTokenSilent",
    "acquireTokenByUsernamePassword",
  ],
  "msal-node/dist/client/ConfidentialClientApplication.mjs": [
    "getAuthCodeUrl",
    "acquireTokenByCode",
    "acquireTokenOnBehalfOf",
    "acquireTokenByUserFederatedIdentityCredential",
  ],
};

/** Requests that the app never sends. */
const otherRequests = {
  "keyvault-secrets/dist/esm/index.js": [
    "beginDeleteSecret",
    "getDeletedSecret",
    "purgeDeletedSecret",
    "beginRecoverDeletedSecret",
    "backupSecret",
    "restoreSecretBackup",
    "listPropertiesOfSecrets",
    "listDeletedSecrets",
  ],
  "arm-batch/dist-esm/src/operations/batchAccountOperations.js": [
    "list",
    "listByResourceGroup",
    "listDetectors",
    "listOutboundNetworkDependenciesEndpoints",
    "beginCreateAndWait",
    "beginDeleteAndWait",
    "update",
    "synchronizeAutoStorageKeys",
    "getDetector",
  ],
};

/** By file in the folder of the packages of Azure. `uncalledMethods` finds what only they have called. */
export const leftOutMembers: Readonly<Record<string, readonly string[]>> = { ...userFlows, ...otherRequests };
