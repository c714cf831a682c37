/**
 * Every route that an emulator answers. Faults and journal entries name them.
 *
 * `vault.challenge` is any Key Vault request without a token. It is answered 401 before any other check, so a fault on
 * `vault.setSecret` affects only requests with an effect. `<service>.unknown` is a request for an unknown route, which
 * is answered 501; tests assert that there were none.
 */
export const routes = [
  "arm.getAccount",
  "arm.listKeys",
  "arm.regenerateKeys",
  "arm.listPermissions",
  "arm.queryResources",
  "arm.getContainerApp",
  "arm.listRevisions",
  "arm.listReplicas",
  "arm.getLinkedService",
  "arm.queryPipelineRuns",
  "arm.queryActivityRuns",
  "arm.listReferences",
  "arm.listConnectionStrings",
  "arm.refreshReferences",
  "arm.listInstances",
  "arm.restartSite",
  "arm.unknown",
  "batch.listPools",
  "batch.listJobs",
  "batch.listJobSchedules",
  "batch.listTasks",
  "batch.unknown",
  "vault.challenge",
  "vault.setSecret",
  "vault.getSecret",
  "vault.getSecretVersion",
  "vault.updateSecret",
  "vault.listVersions",
  "vault.deleteSecret",
  "vault.getDeletedSecret",
  "vault.recoverSecret",
  "vault.unknown",
  "logs.query",
  "logs.unknown",
  "identity.token",
  "identity.imds",
  /** A token for the token of a Kubernetes service account. */
  "identity.federated",
  "identity.unknown",
  "kubernetes.listPods",
  "kubernetes.getPod",
  "kubernetes.listStatuses",
  "kubernetes.unknown",
  "tables.createTable",
  "tables.insert",
  /** Several rows of one partition in one request. */
  "tables.batch",
  "tables.update",
  "tables.merge",
  "tables.get",
  "tables.query",
  "tables.delete",
  "tables.unknown",
] as const;

export type Route = (typeof routes)[number];
export type ServiceName = Route extends `${infer Service}.${string}` ? Service : never;

const services = ["arm", "batch", "vault", "logs", "identity", "kubernetes", "tables"] as const satisfies ServiceName[];

export const serviceOf = (route: Route): ServiceName => {
  const service = services.find((name) => route.startsWith(`${name}.`));
  if (service === undefined) throw new Error(`no service has the route ${route}`);
  return service;
};
