/** Microsoft's policy: *Batch accounts should have local authentication methods disabled*. */
export const sharedKeyPolicyId = "6f68b69f-05fe-49cd-b361-777ee9ca7e35";

/** The command after which the Batch account takes tokens of Entra ID alone. */
export const switchOffCommand = (resourceId: string): string =>
  `az resource update --ids ${resourceId} ` +
  `--set properties.allowedAuthenticationModes="['AAD','TaskAuthenticationToken']"`;

const subscriptionOf = (resourceId: string): string => /^\/subscriptions\/[^/]+/.exec(resourceId)?.[0] ?? resourceId;

/** Keeps shared keys off from then on; `Audit` in place of `Deny` only reports. */
export const policyCommand = (resourceId: string): string =>
  `az policy assignment create --name batch-without-shared-keys --policy ${sharedKeyPolicyId} ` +
  `--scope ${subscriptionOf(resourceId)} --params '{"effect":{"value":"Deny"}}'`;

/** In their order: the account is taken out first, else its rotator would be blocked as `SharedKeyNotAllowed`. */
export const stepsOfWayOut = (resourceId: string): readonly string[] => [
  "1. ask the owners of its apps, and take the account out of ROTATION_ACCOUNTS",
  `2. ${switchOffCommand(resourceId)}`,
  `3. ${policyCommand(resourceId)}`,
];
