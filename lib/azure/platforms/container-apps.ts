import type { SubscriptionArmOptions } from "../sdk/arm-options";
import * as z from "zod";
import type { CallOptions } from "../../ports/call";
import type { ContainerApps } from "../../ports/platforms";
import type { SecretRef } from "../../rotation/account-config";
import type { ContainerAppShown } from "../../rotation/platforms/container-app";
import type { ReplicaSeen, SecretUse } from "../../rotation/platforms/container-app-seen";
import { addressOf, refersTo } from "../../rotation/platforms/key-vault-reference";
import { toInstant } from "../../rotation/time/time";
import { seconds } from "../../rotation/time/units";
import { PlatformReader, type PlatformRead } from "./platform-reader";

const apiVersion = "api-version=2025-07-01";
const namespace = "Microsoft.App/containerApps";

/** Where the template names none. */
const defaultGraceSeconds = 30;

/** A list that may be absent, or null. */
const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((found) => found ?? []);

const container = z.object({ env: listOf(z.object({ secretRef: z.string().nullish() })) });
const template = z.object({
  terminationGracePeriodSeconds: z.number().min(0).nullish(),
  containers: listOf(container),
  initContainers: listOf(container),
  volumes: listOf(
    z.object({
      storageType: z.string().nullish(),
      /** Without this list the volume has all secrets of the app. */
      secrets: z.array(z.object({ secretRef: z.string() })).nullish(),
    }),
  ),
});

const appSchema = z.object({
  properties: z.object({
    configuration: z
      .object({ secrets: listOf(z.object({ name: z.string(), keyVaultUrl: z.string().nullish() })) })
      .nullish(),
  }),
});

const revisionSchema = z.object({
  name: z.string().min(1),
  properties: z.object({ active: z.boolean(), template: template.nullish() }),
});

const instant = z.string().transform((text, context) => {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return toInstant(at);
  context.addIssue({ code: "custom", message: "is no instant" });
  return z.NEVER;
});

const replicaSchema = z.object({
  name: z.string().min(1),
  properties: z.object({
    createdTime: instant,
    runningState: z.string().nullish(),
    containers: listOf(z.object({ ready: z.boolean().nullish(), started: z.boolean().nullish() })),
  }),
});

/** Container Apps, as Resource Manager shows them. It never shows the value of a secret. */
export class AzureContainerApps implements ContainerApps {
  readonly #reader: PlatformReader;

  constructor(options: SubscriptionArmOptions) {
    this.#reader = new PlatformReader(options);
  }

  async look(resourceId: string, secret: SecretRef, call: () => CallOptions): Promise<ContainerAppShown> {
    const app = await this.#reader.read(reading(resourceId, "", "read"), appSchema, call());
    const secrets = (app.properties.configuration?.secrets ?? []).flatMap(({ name, keyVaultUrl }) => {
      const found = keyVaultUrl ? addressOf(keyVaultUrl) : null;
      return found !== null && refersTo(found, secret) ? [{ name, pinnedTo: found.version }] : [];
    });
    const names = secrets.map(({ name }) => name);
    const revisions = [];
    for (const { name, properties } of await this.#active(resourceId, call())) {
      const replicas = await this.#replicas(resourceId, name, call());
      const { template: of = null } = properties;
      const graceMs = seconds(of?.terminationGracePeriodSeconds ?? defaultGraceSeconds);
      revisions.push({ name, use: useOf(of, names), graceMs, replicas });
    }
    return { secrets, revisions };
  }

  async #active(resourceId: string, call: CallOptions) {
    const all = await this.#reader.list(reading(resourceId, "/revisions", "revisions/read"), revisionSchema, call);
    return all.filter(({ properties }) => properties.active);
  }

  async #replicas(resourceId: string, revision: string, call: CallOptions): Promise<readonly ReplicaSeen[]> {
    const path = `/revisions/${encodeURIComponent(revision)}/replicas`;
    const found = await this.#reader.list(reading(resourceId, path, "revisions/replicas/read"), replicaSchema, call);
    return found.map(({ name, properties: { createdTime, runningState, containers } }) => ({
      name,
      createdAt: createdTime,
      isRunning:
        runningState === "Running" && containers.every(({ ready, started }) => ready === true && started === true),
    }));
  }
}

const reading = (resourceId: string, path: string, action: string): PlatformRead => ({
  operation: `Container Apps ${action}`,
  action: `${namespace}/${action}`,
  resourceId,
  method: "GET",
  path: `${resourceId}${path}?${apiVersion}`,
});

/** An init container passes its environment on in ways that nothing shows, so it does not count. */
const useOf = (of: z.output<typeof template> | null, names: readonly string[]): SecretUse => {
  const has = (secretRef: string | null | undefined): boolean => names.some((name) => name === secretRef);
  if (of?.containers.some(({ env }) => env.some(({ secretRef }) => has(secretRef)))) return "environment";
  const inVolume = of?.volumes.some(
    ({ storageType, secrets }) =>
      storageType === "Secret" && (!secrets || secrets.length === 0 || secrets.some(({ secretRef }) => has(secretRef))),
  );
  const inInit = of?.initContainers.some(({ env }) => env.some(({ secretRef }) => has(secretRef)));
  return inVolume || inInit ? "volume" : "none";
};
