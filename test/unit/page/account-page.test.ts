import type { AccountRead } from "../../../lib/operations/status/read-status";
import { statusOf } from "../../../lib/operations/status/status";
import { accountModel } from "../../../lib/page/model/account-model";
import { accountPage } from "../../../lib/page/account-page";
import { linksWith, start } from "../../../lib/page/links";
import type { AccountConfig } from "../../../lib/rotation/account-config";
import type { ReaderSeen } from "../../../lib/rotation/gate/readers-seen";
import { nothingSeen, type Sightings } from "../../../lib/rotation/gate/sightings";
import { type AccountChanges, anAccount } from "../../builders/account";
import { aRecord, type RecordChanges } from "../../builders/record";
import { aReport } from "../../builders/report";
import { aRotation, v1, v2 } from "../../builders/state";
import { at, when } from "../../builders/time";

const shown = (changes: RecordChanges, known: Partial<Sightings> = {}, account: AccountChanges = {}) => {
  const config = anAccount(account);
  const record = aRecord(changes);
  const sightings = { ...nothingSeen, ...known };
  const status = statusOf({ config, record, sightings, dryRun: false, now: when("12:00") });
  return { config, read: { status, record, sightings } };
};

interface Shown {
  readonly config: AccountConfig;
  readonly read: AccountRead;
}

const textOf = ({ config, read }: Shown, unusedSince: string | null = null): string => {
  const status = { ...read.status, keysUnusedSince: unusedSince };
  const account = accountModel({ ...read, status }, config, [], at("12:00"));
  const place = { ...start, account: config.name };
  const link = linksWith(null);
  const view = {
    account,
    place,
    now: at("12:00"),
    link,
    origin: "https://rotator.test",
    orders: [],
    refreshSeconds: 10,
  };
  return accountPage(view)
    .body.text.replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ");
};

const state = aRotation().published();

const aReader = (changes: Partial<ReaderSeen> = {}): ReaderSeen => ({
  identity: "11111111-2222-3333-4444-555555555555",
  resource: null,
  version: v2,
  firstAt: at("10:01"),
  lastAt: at("10:02"),
  reads: 3,
  address: "10.0.0.4",
  client: "azsdk-js",
  ...changes,
});

test("who has read the secret, with the version, up to when the log says it, and what it has not said", () => {
  const readers = [aReader(), aReader({ identity: "unknown", version: null, reads: 1, address: null, client: null })];
  const asked = { kind: "readers", readers, omitted: 7, askedAt: at("11:35") } as const;
  const answered = { ...asked, incomplete: null, through: at("11:30"), problem: null };
  const text = textOf(shown({ state }, { readers: answered }));
  expect(text).toContain("By the vault's audit log up to 2026-11-24 11:30:00");
  expect(text).toContain(
    "11111111-2222-3333-4444-555555555555 published 22222222 3 2026-11-24 10:02:00 10.0.0.4, azsdk-js " +
      "unknown not said 1 2026-11-24 10:02:00",
  );
  expect(text).toContain("7 more are not shown.");
  const silent = { ...answered, readers: [], omitted: 0, through: null, problem: "the workspace refuses the rotator" };
  expect(textOf(shown({ state }, { readers: silent }))).toContain(
    "The workspace refuses the rotator. By the vault's audit log: none.",
  );
  expect(textOf(shown({ state }))).toContain("The vault's audit log has not been read.");
});

test("each app: what it lacks, or the grade of its evidence; an instance that is behind comes first", () => {
  const reports = [
    aReport({ instance: "vm-1", proven: true, at: at("11:59") }),
    aReport({ instance: "vm-2", secretVersion: v1, at: at("11:58") }),
  ];
  const text = textOf(shown({ state }, { reports }));
  expect(text).toContain("render-api: on the previous key · 1 must run, 2 have reported");
  expect(text).toContain(
    "vm-2 previous 11111111 healthy report 2026-11-24 11:58:00 " +
      "vm-1 published 22222222 healthy proof 2026-11-24 11:59:00",
  );
  expect(textOf(shown({ state }, { reports: reports.slice(0, 1) }))).toMatch(/render-api: good .* evidence: /);
  expect(textOf(shown({ state }))).toContain("render-api: has not reported · 1 must run, none has reported");
});

test("of many instances some are shown, and how many are not", () => {
  const reports = Array.from({ length: 25 }, (_, index) => aReport({ instance: `vm-${index}`, at: at("11:59") }));
  expect(textOf(shown({ state }, { reports }))).toContain("5 more instances are not shown.");
});

test("an account whose keys nothing uses shows the steps with which shared keys are switched off", () => {
  const text = textOf(shown({}), at("10:00", 1));
  expect(text).toContain("Nothing has used the keys of this account since 2026-11-01 10:00:00");
  expect(text).toContain(`az resource update --ids ${anAccount().batch.resourceId}`);
  expect(text).toContain("6f68b69f-05fe-49cd-b361-777ee9ca7e35");
  expect(textOf(shown({}))).not.toContain("The way out");
});

test("an account that was never seen, and one without apps", () => {
  const { config } = shown({});
  const status = statusOf({ config, record: null, sightings: nothingSeen, dryRun: false, now: when("12:00") });
  const text = textOf({ config, read: { status, record: null, sightings: nothingSeen } });
  expect(text).toContain("Not seen yet");
  expect(textOf(shown({}, {}, { gate: { mode: "delay", delayMs: 1, consumers: [] } }))).toContain(
    "None is configured.",
  );
});
