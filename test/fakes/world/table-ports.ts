import type { Fleet } from "../../../lib/ports/fleet";
import type { FormSecret } from "../../../lib/ports/form-secret";
import type { History } from "../../../lib/ports/history";
import type { Notices } from "../../../lib/ports/notices";
import type { Rotations } from "../../../lib/ports/rotations";
import type { Signals } from "../../../lib/ports/signals";
import type { Ticks } from "../../../lib/ports/ticks";
import type { Sight } from "../../../lib/rotation/gate/sightings";
import type { RotationEvent } from "../../../lib/rotation/events/events";
import type { NextLook } from "../../../lib/rotation/next-look";
import type { RotationRecord } from "../../../lib/rotation/record";
import type { Process } from "./process";
import type { World } from "./world";

const summary = ({ account, state, claim, hold, failure, quarantine }: RotationRecord): string =>
  [
    `${account} ${state.phase}`,
    ...(claim === null ? [] : ["claimed"]),
    ...(claim?.intent ? [`intent ${claim.intent.slot}`] : []),
    ...(hold === null ? [] : [hold.reason]),
    ...(failure === null ? [] : ["failed"]),
    ...(quarantine === null ? [] : [`quarantine ${quarantine.slot}`]),
  ].join(" ");

export const rotationsPort = (world: World, process: Process): Rotations => {
  const write = (record: RotationRecord, etag: string | null, look: NextLook, attention: string) => {
    const before = world.tables.rotations.get(record.account)?.record ?? null;
    const stored = world.tables.write(record, etag, look, attention);
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
          if (!world.tables.damaged.has(account)) return world.tables.read(account);
          throw new world.product.CorruptRecordError(account, "the row is not whole");
        },
      }),
    list: ({ signal }) =>
      world.wire.call(process, {
        operation: "rotations.list",
        signal,
        subject: () => "",
        effect: () => world.tables.records(),
      }),
    ofBatchAccount: (resourceId, { signal }) =>
      world.wire.call(process, {
        operation: "rotations.ofBatchAccount",
        signal,
        subject: () => resourceId,
        effect: () => world.tables.namesOf(resourceId),
      }),
    scan: (visit, { signal }) =>
      world.wire.call(process, {
        operation: "rotations.scan",
        signal,
        subject: () => "",
        effect: () => {
          for (const account of world.tables.rotations.keys()) visit(world.tables.glance(account));
        },
      }),
    listAttention: ({ signal }) =>
      world.wire.call(process, {
        operation: "rotations.listAttention",
        signal,
        subject: () => "",
        effect: () => world.tables.attentions(),
      }),
    scanRecords: (visit, { signal }) =>
      world.wire.call(process, {
        operation: "rotations.scanRecords",
        signal,
        subject: () => "",
        effect: () => {
          for (const [account, { record }] of world.tables.rotations)
            visit({ ...world.tables.glance(account), record: world.tables.damaged.has(account) ? null : record });
        },
      }),
    insert: (record, { signal, look, attention }) =>
      world.wire.call(process, {
        operation: "rotations.insert",
        signal,
        subject: () => summary(record),
        effect: () => write(record, null, look, attention),
      }),
    replace: (record, etag, { signal, look, attention }) =>
      world.wire.call(process, {
        operation: record.claim?.intent ? "rotations.intent" : "rotations.replace",
        signal,
        subject: () => summary(record),
        effect: () => write(record, etag, look, attention),
      }),
  };
};

export const formSecretPort = (world: World, process: Process): FormSecret => ({
  read: ({ signal }) =>
    world.wire.call(process, {
      operation: "formSecret.read",
      signal,
      subject: () => "",
      effect: () => world.tables.formSecret,
    }),
});

export const ticksPort = (world: World, process: Process): Ticks => ({
  read: ({ signal }) =>
    world.wire.call(process, {
      operation: "ticks.read",
      signal,
      subject: () => "",
      effect: () => world.tables.tickNotes,
    }),
  write: (notes, etag, { signal }) =>
    world.wire.call(process, {
      operation: "ticks.write",
      signal,
      subject: () => `all looked at ${notes.allLookedAt}`,
      effect: () => {
        const stored = world.tables.writeTickNotes(notes, etag);
        if (stored !== null) world.effects += 1;
        return stored;
      },
    }),
});

export const noticesPort = (world: World, process: Process): Notices => ({
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

/** As the adapter with an empty memory: each update reads the row first. */
export const fleetPort = (world: World, process: Process): Fleet => {
  const read = (signal: AbortSignal) =>
    world.wire.call(process, {
      operation: "fleet.read",
      signal,
      subject: () => "",
      effect: () => world.tables.fleet,
    });
  return {
    read: async (_maxAgeMs, { signal }) => (await read(signal)).state,
    update: async (change, { signal }) => {
      for (;;) {
        const known = await read(signal);
        const next = change(known.state);
        if (next === known.state) return next;
        const written = await world.wire.call(process, {
          operation: "fleet.update",
          signal,
          subject: () => `${next.rotating.length} rotating, ${next.failures.length} failures`,
          effect: () => {
            const stored = world.tables.writeFleet(next, known.etag);
            if (stored === null) return null;
            world.effects += 1;
            world.observer.left("fleet", next);
            return stored;
          },
        });
        if (written !== null) return written.state;
      }
    },
  };
};

export const signalsPort = (world: World, process: Process): Signals => ({
  list: (account, { signal }) =>
    world.wire.call(process, {
      operation: "signals.list",
      signal,
      subject: () => account,
      effect: () => world.tables.sightings(account),
    }),
  updateSight: (account, name, change, { signal }) => {
    const keep = (): Sight | null => {
      const known = world.tables.sight(account, name);
      const sight = change(known);
      if (sight === null) return null;
      world.effects += 1;
      world.tables.keepSight(account, name, sight);
      world.observer.left("signal", sight);
      return sight;
    };
    return world.wire.call(process, {
      operation: "signals.updateSight",
      signal,
      subject: () => `${account} ${name}`,
      effect: keep,
      // A conditional write: it fails where the row has changed since it was read.
      sendNow: () => {
        const known = world.tables.sight(account, name);
        return () => {
          if (world.tables.sight(account, name) === known) keep();
        };
      },
    });
  },
  update: (account, consumer, instance, merge, { signal }) => {
    const row = `${consumer}:${instance}`;
    const keep = (): { readonly accepted: boolean } | null => {
      const known = world.tables.report(account, row);
      const merged = merge(known);
      if (merged === null) return null;
      const { accepted, report } = merged;
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
  countInstances: (account, consumer, since, { signal }) =>
    world.wire.call(process, {
      operation: "signals.countInstances",
      signal,
      subject: () => `${account} ${consumer}`,
      effect: () =>
        world.tables
          .reports(account)
          .filter((report) => report.consumer === consumer && !world.product.isPseudo(report))
          .filter((report) => world.product.heardAt(report) >= since).length,
    }),
  removeOver: async (account, isOver, limit, { signal }) => {
    const all = await world.wire.call(process, {
      operation: "signals.list",
      signal,
      subject: () => account,
      effect: () => world.tables.reports(account),
    });
    // Row by row, so that a fault can interrupt it, and other things happen in between.
    for (const report of all.filter(isOver).slice(0, limit)) {
      await world.wire.call(process, {
        operation: "signals.removeOver",
        signal,
        subject: () => `${report.consumer}:${report.instance}`,
        effect: () => {
          if (world.tables.forget(account, report)) world.effects += 1;
        },
      });
    }
  },
});

export const historyPort = (world: World, process: Process): History => {
  const append = (event: RotationEvent): void => {
    const there = world.tables.append(event);
    world.observer.historyWritten(event, there);
    world.observer.left("history", event);
    if (there.id !== event.id) throw new world.product.CorruptRecordError(event.account, "another event is there");
  };
  return {
    append: (events, { signal }) =>
      world.wire.call(process, {
        operation: "history.append",
        signal,
        subject: () =>
          events
            .map(({ sequence, event, reason, detail }) => `${sequence} ${event}: ${reason ?? ""} ${detail}`)
            .join("; "),
        effect: () => {
          world.effects += 1;
          // In one request all are added or none.
          const taken = events.length === 1 ? undefined : events.find((event) => world.tables.hasEvent(event));
          if (taken !== undefined)
            throw new world.product.CorruptRecordError(taken.account, "one of several events is there");
          for (const event of events) append(event);
        },
      }),
    page: (account, { limit, before }, { signal }) =>
      world.wire.call(process, {
        operation: "history.page",
        signal,
        subject: () => `${account} before ${before}`,
        effect: () => world.tables.page(account, limit, before),
      }),
    newestOf: (account, kinds, { signal, above }) =>
      world.wire.call(process, {
        operation: "history.newestOf",
        signal,
        subject: () => `${account} ${kinds.join(" ")}`,
        effect: () => world.tables.newestOf(account, kinds, above),
      }),
    lastBefore: (account, at, range, { signal }) =>
      world.wire.call(process, {
        operation: "history.lastBefore",
        signal,
        subject: () => `${account} ${at}`,
        effect: () => world.tables.lastBefore(account, at, range),
      }),
    removeThrough: async (account, sequence, { signal }) => {
      // Row by row, the oldest first, so that a fault can interrupt it.
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
  };
};
