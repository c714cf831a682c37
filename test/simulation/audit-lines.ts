import { FakeAuditLog } from "../fakes/world/fake-audit-log";
import type { World } from "../fakes/world/world";
import type { Instance } from "./instances";
import type { AuditLogPlan } from "./plan-types";

/** The identity of the apps of a consumer. */
export const identityOf = (account: string, consumer: string): string => `identity of ${account} ${consumer}`;

const stranger = "identity of a stranger";

/** Opens the audit log of a history, where one is planned. Before any process starts. */
export const openAuditLog = (world: World, plan: AuditLogPlan | null): void => {
  if (plan === null) return;
  world.auditLog = new FakeAuditLog();
  world.auditLog.delayMs = plan.delayMs;
};

/** An instance has read the secret. A line of the log may be lost. */
export const logRead = (world: World, plan: AuditLogPlan | null, account: string, instance: Instance): void => {
  if (plan === null || world.auditLog === null || instance.version === null) return;
  const { random, wallMs } = world;
  if (random.chance(plan.lostShare)) return;
  const identity = identityOf(account, instance.consumer);
  const at = new Date(wallMs).toISOString();
  world.auditLog.read(instance.secret, { identity, version: instance.version, at });
  if (plan.stranger && random.chance(0.1))
    world.auditLog.read(instance.secret, { identity: stranger, version: instance.version, at });
};
