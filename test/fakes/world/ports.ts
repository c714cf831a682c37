import type {
  Alerts,
  BatchKeys,
  HealthChecks,
  History,
  Log,
  Notices,
  Ports,
  Rotations,
  SecretPublisher,
  Signals,
} from "../../../lib/ports";
import type { RotationRecord } from "../../../lib/rotation/record";
import type { SecretRef } from "../../../lib/rotation/account-config";
import { toInstant } from "../../../lib/rotation/time/time";
import type { VersionFact } from "./fake-vault";
import type { SentRegenerate } from "./observer";
import type { Process } from "./process";
import type { World } from "./world";

/** The ports of one process: each call goes over the world's wire. */
export const portsOf = (world: World, process: Process): Ports => ({
  batch: batchPort(world, process),
  secrets: secretsPort(world, process),
  rotations: rotationsPort(world, process),
  signals: signalsPort(world, process),
  history: historyPort(world, process),
  health: healthPort(world, process),
  permissions: { principalId: async () => null, allows: async () => null },
  alerts: alertsPort(world, process),
  notices: noNotices,
  log: logPort(world, process),
  clock: process.clock,
  ids: idsOf(world),
});

const batchPort = (world: World, process: Process): BatchKeys => ({
  readAccount: ({ resourceId }, { signal }) =>
    world.wire.call(process, {
      operation: "batch.readAccount",
      signal,
      subject: () => shortId(resourceId),
      effect: () => ({
        accountEndpoint: `${shortId(resourceId)}.westeurope.batch.azure.com`,
        sharedKeyAllowed: world.batch.of(resourceId).sharedKeyAllowed,
      }),
    }),
  readKeys: ({ resourceId }, { signal }) =>
    world.wire.call(process, {
      operation: "batch.readKeys",
      signal,
      subject: () => shortId(resourceId),
      effect: () => {
        const { keys } = world.batch.of(resourceId);
        return { primary: world.key(keys.primary.value), secondary: world.key(keys.secondary.value) };
      },
    }),
  regenerate: ({ resourceId }, slot, { signal }) => {
    const sent = sentRegenerate(world, process, resourceId, slot);
    world.observer.sent(sent);
    return world.wire.call(process, {
      operation: "batch.regenerate",
      signal,
      subject: () => `${slot} of ${shortId(resourceId)}`,
      effect: () => {
        const excused = world.observer.excuses(sent, world.batch.of(resourceId).keys[slot]);
        const killed = world.batch.regenerate(resourceId, slot, "rotator", excused);
        world.effects += 1;
        world.observer.regenerated(sent, killed);
        return { requestId: null };
      },
    });
  },
  probe: ({ resourceId }, endpoint, key, { signal }) =>
    world.wire.call(process, {
      operation: "batch.probe",
      signal,
      subject: () => `${shortId(resourceId)} with ${world.journal.key(key.reveal())}`,
      effect: () => {
        const value = key.reveal();
        const own = world.batch.keys.get(value)?.resourceId === resourceId && endpoint.startsWith(shortId(resourceId));
        return own && world.batch.accepts(value) ? "accepted" : "refused";
      },
    }),
});

const sentRegenerate = (
  world: World,
  process: Process,
  resourceId: string,
  slot: SentRegenerate["slot"],
): SentRegenerate => {
  const rows = [...world.tables.rotations.values()];
  const record = rows.find((row) => row.record.resourceId === resourceId)?.record ?? null;
  return {
    process,
    resourceId,
    slot,
    record,
    lookedAt: record === null ? 0 : (process.looks.get(secretName(record.secret))?.effect ?? 0),
    sentAtWallMs: process.clock.now().getTime(),
  };
};

const shortId = (resourceId: string): string => resourceId.slice(resourceId.lastIndexOf("/") + 1);

export const secretName = ({ vaultUrl, name }: SecretRef): string => `${vaultUrl}/${name}`;

const secretsPort = (world: World, process: Process): SecretPublisher => {
  const shown = (version: VersionFact) => ({
    version: version.id,
    enabled: true as const,
    key: world.key(version.value),
    // Key Vault tells whole seconds.
    createdAt: toInstant(new Date(Math.floor(version.createdAtMs / 1000) * 1000)),
    rotationId: version.rotationId,
  });
  return {
    newest: (ref, { signal }) =>
      world.wire.call(process, {
        operation: "vault.newest",
        signal,
        subject: () => `of ${ref.name}`,
        effect: () => {
          const version = world.vault.newest(ref);
          process.looks.set(secretName(ref), { effect: world.effects, at: world.timeline.now });
          if (version === null) return null;
          if (version.disabledBy === null) return shown(version);
          throw new world.product.OperatorNeededError(
            "SecretDisabled",
            { operation: "Key Vault getSecret", statusCode: 403 },
            "enable it",
          );
        },
      }),
    version: (ref, id, { signal }) =>
      world.wire.call(process, {
        operation: "vault.version",
        signal,
        subject: () => `${world.journal.version(id)} of ${ref.name}`,
        effect: () => {
          const version = world.vault.version(ref, id);
          if (version === null) return null;
          return version.disabledBy === null ? shown(version) : { version: id, enabled: false };
        },
      }),
    publish: (ref, { key, rotationId, slot }, { signal }) =>
      world.wire.call(process, {
        operation: "vault.publish",
        signal,
        subject: () => `${slot} ${world.journal.key(key.reveal())} to ${ref.name}`,
        effect: () => {
          world.effects += 1;
          const { id } = world.vault.add(ref, {
            value: key.reveal(),
            by: "rotator",
            createdAtMs: world.wallMs,
            rotationId,
            effect: world.effects,
          });
          world.journal.note("vault", () => `newest version of ${ref.name} is ${world.journal.version(id)}`);
          return { version: id, requestId: null };
        },
      }),
    disable: (ref, id, { signal }) =>
      world.wire.call(process, {
        operation: "vault.disable",
        signal,
        subject: () => `${world.journal.version(id)} of ${ref.name}`,
        effect: () => {
          world.effects += 1;
          const version = world.vault.version(ref, id);
          if (version !== null) version.disabledBy ??= "rotator";
        },
      }),
  };
};

const told = (record: RotationRecord): string =>
  `${record.account} ${record.state.phase}${record.claim === null ? "" : " claimed"}${record.claim?.intent ? ` intent ${record.claim.intent.slot}` : ""}${record.hold === null ? "" : ` ${record.hold.reason}`}${record.failure === null ? "" : " failed"}${record.quarantine === null ? "" : ` quarantine ${record.quarantine.slot}`}`;

const rotationsPort = (world: World, process: Process): Rotations => {
  const write = (record: RotationRecord, etag: string | null) => {
    const before = world.tables.rotations.get(record.account)?.record ?? null;
    const stored = world.tables.write(record, etag);
    if (stored === null) return null;
    world.effects += 1;
    world.observer.recordWritten(process, before, record);
    world.observer.left("record", record);
    return stored;
  };
  return {
    read: (account, { signal }) =>
      world.wire.call(process, {
        operation: "rotations.read",
        signal,
        subject: () => account,
        effect: () => world.tables.rotations.get(account) ?? null,
      }),
    insert: (record, { signal }) =>
      world.wire.call(process, {
        operation: "rotations.insert",
        signal,
        subject: () => told(record),
        effect: () => write(record, null),
      }),
    replace: (record, etag, { signal }) =>
      world.wire.call(process, {
        operation: record.claim?.intent ? "rotations.intent" : "rotations.replace",
        signal,
        subject: () => told(record),
        effect: () => write(record, etag),
      }),
  };
};

const signalsPort = (world: World, process: Process): Signals => ({
  list: (account, { signal }) =>
    world.wire.call(process, {
      operation: "signals.list",
      signal,
      subject: () => account,
      effect: () => world.tables.reports(account),
    }),
  update: (account, consumer, instance, merge, { signal }) => {
    const row = `${consumer}:${instance}`;
    const keep = (): { readonly accepted: boolean } => {
      const known = world.tables.report(account, row);
      const { accepted, report } = merge(known);
      if (report !== known) {
        world.effects += 1;
        world.tables.keep(account, row, report);
        world.observer.left("signal", report);
      }
      return { accepted };
    };
    return world.wire.call(process, {
      operation: "signals.update",
      signal,
      subject: () => row,
      effect: keep,
      // A conditional write: it fails where the row has changed since it was read.
      sendNow: () => {
        const known = world.tables.report(account, row);
        return () => {
          if (world.tables.report(account, row) === known) keep();
        };
      },
    });
  },
});

const historyPort = (world: World, process: Process): History => ({
  append: (event, { signal }) =>
    world.wire.call(process, {
      operation: "history.append",
      signal,
      subject: () => `${event.sequence} ${event.event}: ${event.reason ?? ""} ${event.detail}`,
      effect: () => {
        world.effects += 1;
        const there = world.tables.append(event);
        world.observer.historyWritten(event, there);
        world.observer.left("history", event);
        if (there.id !== event.id) throw new world.product.CorruptRecordError(event.account, "another event is there");
      },
    }),
  page: async () => ({ events: [], unreadable: [], next: null }),
  lastBefore: async () => 0,
  removeThrough: async () => undefined,
});

/** A receiver that wants to hear everything, as often as it is told. */
const alertsPort = (world: World, process: Process): Alerts => ({
  wanted: "all",
  deliver: async (event, { signal }) => {
    try {
      return await world.wire.call(process, {
        operation: "alerts.deliver",
        signal,
        subject: () => `${event.event} ${event.id}`,
        effect: () => {
          world.effects += 1;
          const { account } = event;
          if (account !== null) world.observer.alerted({ ...event, account });
          world.observer.left("alert", event);
          return "delivered";
        },
      });
    } catch {
      return "failed";
    }
  },
});

/** Nobody spoils a record of this world by hand, so there is nothing to tell apart from it. */
const noNotices: Notices = { list: async () => [], write: async () => null };

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
      world.journal.note(process.name, () => `logs ${JSON.stringify(line)}`);
  },
});

/** In the order in which they are made, as ULIDs are. */
const idsOf = (world: World): Ports["ids"] => ({ next: () => `01JDA${String(world.nextId()).padStart(21, "0")}` });
