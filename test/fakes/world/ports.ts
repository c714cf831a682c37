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
import type { BlockedReason } from "../../../lib/rotation/reasons";
import { toInstant } from "../../../lib/rotation/time/time";
import { allowsSharedKey, type BatchAction, type BatchFacts } from "./fake-batch";
import { publishedWith, type VaultAction, type VersionFact } from "./fake-vault";
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
  // What the identity may do, nothing in this world knows.
  permissions: { principalId: async () => null, allows: async () => null },
  alerts: alertsPort(world, process),
  notices: noticesPort(world, process),
  log: logPort(world, process),
  clock: process.clock,
  ids: idsOf(world),
});

const refusal = ({ product }: World, reason: BlockedReason, operation: string, statusCode: number) =>
  new product.OperatorNeededError(reason, { operation, statusCode }, `fix ${reason}`);

/** What Resource Manager says before it does anything. */
const permitted = (world: World, resourceId: string, action: BatchAction): BatchFacts => {
  const { batch } = world;
  if (batch.denied.has(action)) throw refusal(world, "Forbidden", `Batch ${action}`, 403);
  const account = existing(world, resourceId, `Batch ${action}`);
  if (account.locked && action !== "read") throw refusal(world, "ResourceLocked", `Batch ${action}`, 409);
  return account;
};

const existing = (world: World, resourceId: string, operation: string): BatchFacts => {
  const account = world.batch.find(resourceId);
  if (account === null) throw refusal(world, "NotFound", operation, 404);
  return account;
};

const batchPort = (world: World, process: Process): BatchKeys => ({
  readAccount: ({ resourceId }, { signal }) =>
    world.wire.call(process, {
      operation: "batch.readAccount",
      signal,
      subject: () => shortId(resourceId),
      effect: () => {
        const account = permitted(world, resourceId, "read");
        return {
          accountEndpoint: `${shortId(resourceId)}.westeurope.batch.azure.com`,
          sharedKeyAllowed: !account.userSubscription && allowsSharedKey(account),
        };
      },
    }),
  readKeys: ({ resourceId }, { signal }) =>
    world.wire.call(process, {
      operation: "batch.readKeys",
      signal,
      subject: () => shortId(resourceId),
      effect: () => {
        const { keys } = permitted(world, resourceId, "listKeys");
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
        const { keys } = permitted(world, resourceId, "regenerateKeys");
        const excused = world.observer.excuses(sent, keys[slot]);
        const killed = world.batch.regenerate(resourceId, slot, "rotator", excused);
        world.effects += 1;
        world.observer.regenerated(sent, killed);
        return { requestId: `arm-request-${world.batch.requests}` };
      },
    });
  },
  probe: ({ resourceId }, endpoint, key, { signal }) =>
    world.wire.call(process, {
      operation: "batch.probe",
      signal,
      subject: () => `${shortId(resourceId)} with ${world.transcript.key(key.reveal())}`,
      effect: () => {
        const account = existing(world, resourceId, "Batch data plane probe");
        if (!allowsSharedKey(account)) throw refusal(world, "SharedKeyNotAllowed", "Batch data plane probe", 403);
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
    version: version.version,
    enabled: true as const,
    key: world.key(version.value),
    // Key Vault gives whole seconds.
    createdAt: toInstant(new Date(Math.floor(version.createdAtMs / 1000) * 1000)),
    rotationId: version.tags["RotationId"] ?? null,
  });
  const check = (action: VaultAction): void => {
    if (world.vault.denied.has(action)) throw refusal(world, "Forbidden", `Key Vault ${action}`, 403);
  };
  return {
    newest: (ref, { signal }) =>
      world.wire.call(process, {
        operation: "secrets.newest",
        signal,
        subject: () => `of ${ref.name}`,
        effect: () => {
          check("get");
          const version = world.vault.newest(ref);
          process.looks.set(secretName(ref), { effect: world.effects, at: world.timeline.now });
          if (version === null) return null;
          if (version.disabledBy === null) return shown(version);
          throw refusal(world, "SecretDisabled", "Key Vault getSecret", 403);
        },
      }),
    version: (ref, id, { signal }) =>
      world.wire.call(process, {
        operation: "secrets.version",
        signal,
        subject: () => `${world.transcript.version(id)} of ${ref.name}`,
        effect: () => {
          check("get");
          const version = world.vault.version(ref, id);
          if (version === null) return null;
          return version.disabledBy === null ? shown(version) : { version: id, enabled: false };
        },
      }),
    publish: (ref, publication, { signal }) =>
      world.wire.call(process, {
        operation: "secrets.publish",
        signal,
        subject: () => `${publication.slot} ${world.transcript.key(publication.key.reveal())} to ${ref.name}`,
        effect: () => {
          check("set");
          if (world.vault.isDeleted(ref)) throw refusal(world, "SecretDeleted", "Key Vault setSecret", 409);
          world.effects += 1;
          const { version } = world.vault.add(ref, {
            ...publishedWith(publication),
            value: publication.key.reveal(),
            by: "rotator",
            createdAtMs: world.wallMs,
            effect: world.effects,
          });
          world.transcript.note("vault", () => `newest version of ${ref.name} is ${world.transcript.version(version)}`);
          return { version, requestId: `vault-request-${world.vault.publications}` };
        },
      }),
    disable: (ref, id, { signal }) =>
      world.wire.call(process, {
        operation: "secrets.disable",
        signal,
        subject: () => `${world.transcript.version(id)} of ${ref.name}`,
        effect: () => {
          check("update");
          const version = world.vault.version(ref, id);
          if (version === null) throw refusal(world, "NotFound", "Key Vault updateSecret", 404);
          world.effects += 1;
          version.disabledBy ??= "rotator";
        },
      }),
  };
};

const summary = ({ account, state, claim, hold, failure, quarantine }: RotationRecord): string =>
  [
    `${account} ${state.phase}`,
    ...(claim === null ? [] : ["claimed"]),
    ...(claim?.intent ? [`intent ${claim.intent.slot}`] : []),
    ...(hold === null ? [] : [hold.reason]),
    ...(failure === null ? [] : ["failed"]),
    ...(quarantine === null ? [] : [`quarantine ${quarantine.slot}`]),
  ].join(" ");

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
        effect: () => {
          if (!world.tables.damaged.has(account)) return world.tables.rotations.get(account) ?? null;
          throw new world.product.CorruptRecordError(account, "the row is not whole");
        },
      }),
    insert: (record, { signal }) =>
      world.wire.call(process, {
        operation: "rotations.insert",
        signal,
        subject: () => summary(record),
        effect: () => write(record, null),
      }),
    replace: (record, etag, { signal }) =>
      world.wire.call(process, {
        operation: record.claim?.intent ? "rotations.intent" : "rotations.replace",
        signal,
        subject: () => summary(record),
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
  page: (account, { limit, before }, { signal }) =>
    world.wire.call(process, {
      operation: "history.page",
      signal,
      subject: () => `${account} before ${before}`,
      effect: () => world.tables.page(account, limit, before),
    }),
  lastBefore: (account, at, { signal }) =>
    world.wire.call(process, {
      operation: "history.lastBefore",
      signal,
      subject: () => `${account} ${at}`,
      effect: () => world.tables.lastBefore(account, at),
    }),
  removeThrough: async (account, sequence, { signal }) => {
    // Row by row, the oldest first, so that it can break off.
    for (let more = true; more; ) {
      more = await world.wire.call(process, {
        operation: "history.removeThrough",
        signal,
        subject: () => `${account} ${sequence}`,
        effect: () => {
          const oldest = world.tables.oldest(account, sequence);
          if (oldest === null) return false;
          world.effects += 1;
          world.observer.historyRemoved(oldest);
          world.tables.remove(oldest);
          return world.tables.oldest(account, sequence) !== null;
        },
      });
    }
  },
});

/** A receiver that wants everything and takes it, where the world has no other. */
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

const noticesPort = (world: World, process: Process): Notices => ({
  list: ({ signal }) =>
    world.wire.call(process, {
      operation: "notices.list",
      signal,
      subject: () => "",
      effect: () => [...world.tables.notices.values()],
    }),
  write: (notice, etag, { signal }) =>
    world.wire.call(process, {
      operation: "notices.write",
      signal,
      subject: () => `of ${notice.account ?? "the rotator"}`,
      effect: () => {
        const before = world.tables.notices.get(notice.account)?.notice ?? null;
        const stored = world.tables.writeNotice(notice, etag);
        if (stored === null) return null;
        world.effects += 1;
        world.observer.noticeWritten(before, notice);
        world.observer.left("notice", notice);
        return stored;
      },
    }),
});

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
