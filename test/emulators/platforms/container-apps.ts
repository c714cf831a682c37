import { armError } from "../arm-errors";
import { type Answer, jsonAnswer, type WireRequest } from "../wire";
import { type ArmPlatform, listPage, type PlatformOperation } from "./arm-platform";
import type { AppReplica, AppRevision, EmulatedContainerApp } from "./container-app";

/** How the app names the secret, and refers to the vault. */
export interface ContainerAppForm {
  readonly secretName: string;
  readonly keyVaultUrl: string | null;
}

interface Placed extends ContainerAppForm {
  readonly app: EmulatedContainerApp;
}

const namespace = "Microsoft.App/containerApps";
const pattern = new RegExp(
  "^(/subscriptions/([^/]+)/resourceGroups/[^/]+" +
    String.raw`/providers/Microsoft\.App/containerApps/([^/]+))` +
    String.raw`(?:/(revisions)(?:/([^/]+)/(replicas))?)?/?$`,
  "i",
);

/** Microsoft.App/containerApps behind Resource Manager, api-version 2025-07-01. No value of a secret is ever shown. */
export class ContainerAppsProvider implements ArmPlatform {
  /** By resource id, in lower case. */
  readonly #apps = new Map<string, Placed>();
  pageSize = 20;

  add(resourceId: string, app: EmulatedContainerApp, form: ContainerAppForm): void {
    this.#apps.set(resourceId.toLowerCase(), { app, ...form });
  }

  remove(resourceId: string): void {
    this.#apps.delete(resourceId.toLowerCase());
  }

  operationOf(request: WireRequest): PlatformOperation | null {
    const match = pattern.exec(decodeURIComponent(request.path));
    if (match === null || request.method !== "GET") return null;
    const [, scope = "", subscription = "", subject = "", revisions, revision, replicas] = match;
    const of = { scope, subscription, kind: "reads" as const, subject };
    const placed = this.#apps.get(scope.toLowerCase());
    const answer = (made: (found: Placed) => Answer) => () => (placed === undefined ? notFound(scope) : made(placed));
    if (revisions === undefined) {
      return {
        ...of,
        route: "arm.getContainerApp",
        action: `${namespace}/read`,
        answer: answer((found) => jsonAnswer(200, appBody(scope, subject, found))),
      };
    }
    if (replicas === undefined || revision === undefined) {
      return {
        ...of,
        route: "arm.listRevisions",
        action: `${namespace}/revisions/read`,
        answer: answer((found) =>
          listPage(
            request,
            found.app.revisions.map((one) => revisionBody(scope, one, found)),
            this.pageSize,
          ),
        ),
      };
    }
    return {
      ...of,
      route: "arm.listReplicas",
      action: `${namespace}/revisions/replicas/read`,
      answer: answer(({ app }) => replicasAnswer(request, scope, app, revision, this.pageSize)),
    };
  }
}

const notFound = (scope: string): Answer =>
  armError(404, "ResourceNotFound", `The Resource '${scope.split("/providers/")[1] ?? ""}' was not found.`);

/** As the service writes it. */
const time = (at: Date): string => `${at.toISOString().slice(0, 19)}+00:00`;

const templateOf = ({ use }: AppRevision, { app, secretName }: Placed) => {
  const env = {
    env: [
      { name: "AZURE_BATCH_ACCOUNT_KEY", secretRef: secretName },
      { name: "MODE", value: "production" },
    ],
  };
  const volumeMounts = { volumeMounts: [{ volumeName: "secrets", mountPath: "/mnt/secrets" }] };
  const [inEnvironment, inVolume] = [["environment", "both"].includes(use), ["volume", "both"].includes(use)];
  return {
    containers: [
      {
        name: "main",
        image: "contoso.azurecr.io/main:1",
        ...(inEnvironment ? env : {}),
        ...(inVolume ? volumeMounts : {}),
      },
    ],
    ...(use === "init" ? { initContainers: [{ name: "init", image: "contoso.azurecr.io/init:1", ...env }] } : {}),
    volumes: inVolume
      ? [{ name: "secrets", storageType: "Secret", secrets: [{ secretRef: secretName, path: "key" }] }]
      : null,
    ...(app.graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: app.graceSeconds }),
    scale: { minReplicas: 0, maxReplicas: 10 },
  };
};

const appBody = (id: string, name: string, { app, ...form }: Placed) => {
  const latest = app.revisions.at(-1);
  return {
    id,
    name,
    type: namespace,
    location: "West Europe",
    properties: {
      provisioningState: "Succeeded",
      runningStatus: "Running",
      latestRevisionName: latest?.name,
      latestReadyRevisionName: latest?.name,
      configuration: {
        activeRevisionsMode: "Multiple",
        secrets: [
          { name: "another" },
          ...(form.keyVaultUrl === null
            ? [{ name: form.secretName }]
            : [{ name: form.secretName, keyVaultUrl: form.keyVaultUrl, identity: "system" }]),
        ],
      },
      template: latest === undefined ? null : templateOf(latest, { app, ...form }),
    },
  };
};

const revisionBody = (scope: string, revision: AppRevision, placed: Placed) => ({
  id: `${scope}/revisions/${revision.name}`,
  name: revision.name,
  type: "Microsoft.App/containerapps/revisions",
  properties: {
    createdTime: time(new Date(0)),
    active: revision.active,
    replicas: placed.app.listed(revision).length,
    healthState: "Healthy",
    provisioningState: "Provisioned",
    runningState: revision.active ? "Running" : "Stopped",
    template: templateOf(revision, placed),
  },
});

const replicasAnswer = (
  request: WireRequest,
  scope: string,
  app: EmulatedContainerApp,
  revisionName: string,
  pageSize: number,
): Answer => {
  const revision = app.revisions.find(({ name }) => name === revisionName);
  if (revision === undefined) return notFound(`${scope}/revisions/${revisionName}`);
  const of = `${scope}/revisions/${revisionName}/replicas`;
  return listPage(
    request,
    app.listed(revision).map((replica) => replicaBody(of, replica)),
    pageSize,
  );
};

const replicaBody = (of: string, { name, createdAt, isReady }: AppReplica) => ({
  id: `${of}/${name}`,
  name,
  type: "Microsoft.App/containerapps/revisions/replicas",
  properties: {
    createdTime: time(createdAt),
    runningState: isReady ? "Running" : "NotRunning",
    containers: [
      {
        name: "main",
        containerId: `containerd://${name}`,
        ready: isReady,
        started: isReady,
        restartCount: 0,
        runningState: isReady ? "Running" : "Waiting",
      },
    ],
  },
});
