import type { Alerts } from "../../../lib/ports/alerts";
import type { HealthChecks } from "../../../lib/ports/health-checks";
import type { Ports } from "../../../lib/ports/ports";
import type { Log } from "../../../lib/ports/system";
import { auditLogPort } from "./audit-log-port";
import { batchPort } from "./batch-port";
import type { Process } from "./process";
import { secretsPort } from "./secrets-port";
import {
  fleetPort,
  formSecretPort,
  historyPort,
  noticesPort,
  rotationsPort,
  signalsPort,
  ticksPort,
} from "./table-ports";
import type { World } from "./world";

/** The ports of one process: each call goes over the world's wire. */
export const portsOf = (world: World, process: Process): Ports => ({
  batch: batchPort(world, process),
  secrets: secretsPort(world, process),
  rotations: rotationsPort(world, process),
  signals: signalsPort(world, process),
  history: historyPort(world, process),
  health: healthPort(world, process),
  // This world does not model role assignments.
  permissions: { principalId: async () => world.principal, allows: async () => null },
  auditLog: world.auditLog && auditLogPort(world, process, world.auditLog),
  alerts: alertsPort(world, process),
  ticks: ticksPort(world, process),
  notices: noticesPort(world, process),
  fleet: fleetPort(world, process),
  formSecret: formSecretPort(world, process),
  log: logPort(world, process),
  clock: process.clock,
  ids: idsOf(world),
});

/** The default receiver, which accepts every event. */
const alertsPort = (world: World, process: Process): Alerts => {
  const { alerts } = world;
  if (alerts !== null) {
    return {
      wanted: alerts.wanted,
      deliver: (event, options) => world.wire.pass(process, "alerts.deliver", () => alerts.deliver(event, options)),
    };
  }
  return {
    wanted: "all",
    deliver: async (event, { signal }) => {
      try {
        return await world.wire.call(process, {
          operation: "alerts.deliver",
          signal,
          subject: () => `${event.event} ${event.id}`,
          effect: () => {
            world.effects += 1;
            world.observer.alerted(event);
            world.observer.left("alert", event);
            return "delivered";
          },
        });
      } catch {
        return "failed";
      }
    },
  };
};

const healthPort = (world: World, process: Process): HealthChecks => ({
  ask: async (url, nonce, { signal }) => {
    try {
      return await world.wire.call(process, {
        operation: "health.ask",
        signal,
        subject: () => url,
        effect: () => {
          const body = world.health?.(url, nonce) ?? null;
          return body === null ? { kind: "failed", problem: "did not answer" } : { kind: "answered", body };
        },
      });
    } catch {
      return { kind: "failed", problem: "did not answer" };
    }
  },
});

const logPort = (world: World, process: Process): Log => ({
  write: (level, line) => {
    world.observer.left("log", line);
    if (level !== "info" && line.event !== "RotationStarted")
      world.transcript.note(process.name, () => `logs ${JSON.stringify(line)}`);
  },
});

/** In the order in which they are made, as ULIDs are. */
const idsOf = (world: World): Ports["ids"] => ({ next: () => `01JDA${String(world.nextId()).padStart(21, "0")}` });
