import { headlineOf } from "../../../lib/page/model/list-model";
import { document, policy } from "../../../lib/page/markup/layout";
import { linksWith, start } from "../../../lib/page/links";
import { listPage } from "../../../lib/page/list-page";
import { type Listed, type ListRead, pageSize } from "../../../lib/page/model/read-list";
import { statusOf } from "../../../lib/operations/status/status";
import { nothingSeen } from "../../../lib/rotation/gate/sightings";
import type { Standing } from "../../../lib/rotation/attention/who-acts";
import { type AccountChanges, anAccount } from "../../builders/account";
import { aFailure, aRecord, type RecordChanges } from "../../builders/record";
import { aRotation } from "../../builders/state";
import { at, when } from "../../builders/time";

const none = { blocked: 0, stalled: 0, overdue: 0, person: 0, app: 0, moving: 0, idle: 0 };

const listed = (standing: Standing, changes: RecordChanges = {}, account: AccountChanges = {}): Listed => {
  const config = anAccount(account);
  const record = aRecord(changes);
  const status = statusOf({ config, record, sightings: nothingSeen, dryRun: false, now: when("12:00") });
  return { config, standing, since: at("10:00"), read: { status, record, sightings: nothingSeen } };
};

const shown = (rows: readonly Listed[], change: Partial<ListRead> = {}): string => {
  const list = {
    at: at("12:00"),
    counts: { ...none, idle: 1 },
    rows,
    found: rows.length,
    page: 1,
    pages: 1,
    isCurrent: true,
    ...change,
  };
  const link = linksWith("the-key");
  const view = { list, place: start, now: at("12:00"), link, code: "the-key", refreshSeconds: 10 };
  return document(listPage(view), link);
};

const evil = `<script>alert(1)</script>"onload='x'`;

test.each<[Partial<typeof none>, string]>([
  [{}, "No account is configured"],
  [{ idle: 1 }, "The account is fine"],
  [{ idle: 2, moving: 1 }, "All 3 accounts are fine"],
  [{ idle: 99_999, app: 1 }, "No one has to act here; 1 account waits for an app"],
  [{ app: 2 }, "No one has to act here; 2 accounts wait for an app"],
  [{ person: 1, app: 5 }, "1 account needs a person"],
  [{ blocked: 1, stalled: 1, overdue: 1, person: 1 }, "4 accounts need a person"],
])("the headline of %j is: %s", (counts, text) => {
  expect(headlineOf({ ...none, ...counts })).toBe(text);
});

test("a row says what, why, since when, how old the key is, and what comes next", () => {
  const failure = aFailure({
    since: at("10:00"),
    nextAttemptAt: at("12:05"),
    blocked: { reason: "Forbidden", remedy: "grant the role" },
  });
  const text = shown([listed("blocked", { failure })])
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ");
  expect(text).toContain(
    "render-weu Blocked The rotator&#39;s identity may not do this. grant the role " +
      "2 hours ago 2026-11-24 10:00 4 days of 60 days tries again in 5 minutes 2026-11-24 12:05",
  );
});

test("whatever an app, a person or Azure has written stays a text", () => {
  const failure = aFailure({ blocked: { reason: "Forbidden", remedy: evil } });
  const state = aRotation({ reason: evil }).published();
  const text = shown([listed("blocked", { failure, state }, { name: evil })]);
  expect(text).not.toMatch(/<script|"onload/);
  expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
});

test("the page has one style, which its policy names, one heading, a caption, and times for machines", () => {
  const text = shown([listed("idle")]);
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; /);
  expect(text.match(/<h1>/g)).toHaveLength(1);
  expect(text).toContain("<caption>1 of 1 accounts.");
  expect(text).toContain(`<time datetime="${at("10:00")}">2 hours ago</time>`);
  expect(text).not.toMatch(/<script|javascript:| on[a-z]+=| style=/i);
});

test("the longest page there can be has less than 100 KB", () => {
  const name = "x".repeat(63);
  const failure = aFailure({ blocked: { reason: "RecordElsewhere", remedy: "<".repeat(4_000) } });
  const rows = Array.from({ length: pageSize }, () => listed("blocked", { failure }, { name }));
  const text = shown(rows, { found: 100_000, pages: 2_500, counts: { ...none, idle: 99_960, blocked: 40 } });
  expect(Buffer.byteLength(text)).toBeLessThan(100_000);
});

test("a form for a name is on a page of its own, which does not refresh itself", () => {
  expect(shown([])).not.toContain("<form");
});
