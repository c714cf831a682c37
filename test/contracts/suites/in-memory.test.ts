import { MemoryNotices } from "../../../lib/alarms/memory-notices";
import { InMemoryBatch } from "../../fakes/in-memory-batch";
import { InMemoryFaults } from "../../fakes/in-memory-faults";
import { InMemoryHistory } from "../../fakes/in-memory-history";
import { InMemoryNotices } from "../../fakes/in-memory-notices";
import { InMemoryRotations } from "../../fakes/in-memory-rotations";
import { InMemorySignals } from "../../fakes/in-memory-signals";
import { InMemoryVault } from "../../fakes/in-memory-vault";
import { batchKeysContract } from "./batch-keys-suite";
import { historyContract } from "./history-suite";
import { aRecord } from "./records";
import { noticesContract } from "./notices-suite";
import { rotationsContract } from "./rotations-suite";
import { secretPublisherContract } from "./secret-publisher-suite";
import { signalsContract } from "./signals-suite";

const close = () => Promise.resolve();
const call = { signal: new AbortController().signal };

rotationsContract("memory", () => Promise.resolve({ rotations: new InMemoryRotations(), close }));

noticesContract("memory", () => Promise.resolve({ notices: new InMemoryNotices(), close }));
noticesContract("a process", () => Promise.resolve({ notices: new MemoryNotices(), close }));

signalsContract("memory", () => Promise.resolve({ signals: new InMemorySignals(), close }));

historyContract("memory", () => {
  const history = new InMemoryHistory();
  return Promise.resolve({ history, close, events: (account) => Promise.resolve(history.events(account)) });
});

batchKeysContract("memory", () => {
  const batch = new InMemoryBatch();
  let accounts = 0;
  return Promise.resolve({
    batch,
    close,
    addAccount: () => batch.addAccount(`account${(accounts += 1)}`),
    keys: (ref) => batch.keys(ref),
    setModes: (ref, modes) => batch.setModes(ref, modes),
    setUserSubscription: (ref) => batch.setUserSubscription(ref),
    deny: (action) => batch.deny(action),
    allow: (action) => batch.allow(action),
    lock: (ref) => batch.setLocked(ref, true),
    remove: (ref) => batch.remove(ref),
  });
});

secretPublisherContract("memory", () => {
  const secrets = new InMemoryVault(() => new Date("2026-11-22T10:00:00.000Z"));
  let made = 0;
  return Promise.resolve({
    secrets,
    close,
    newSecret: () => ({ vaultUrl: "https://v.vault.azure.net", name: `secret-${(made += 1)}` }),
    versions: (ref) => secrets.versions(ref).map(({ createdAt: _createdAt, ...version }) => version),
    seed: (ref, value) => secrets.seed(ref, value),
    disable: (ref, version) => secrets.setEnabled(ref, version, false),
    delete: (ref) => secrets.setDeleted(ref, true),
    deny: (action) => secrets.deny(action),
    allow: (action) => secrets.allow(action),
  });
});

describe("faults of the fakes", () => {
  it.each([
    ["before", null],
    ["after", aRecord()],
  ] as const)("happen %s the effect, and once", async (when, stored) => {
    const faults = new InMemoryFaults();
    const rotations = new InMemoryRotations(faults);
    faults.add("rotations.insert", { when, error: () => new Error("lost") });
    await expect(rotations.insert(aRecord(), call)).rejects.toThrow("lost");
    expect(rotations.peek("render-weu")?.record ?? null).toEqual(stored);
    await rotations.insert(aRecord(), call);
    expect(rotations.peek("render-weu")?.record).toEqual(aRecord());
  });
});
