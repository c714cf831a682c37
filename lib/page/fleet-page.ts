import type { Instant } from "../rotation/time/time";
import { sharedKeyPolicyId, stepsOfWayOut } from "../rotation/attention/way-out";
import { commandOf, reasonToFill } from "../rotation/attention/who-acts";
import type { SwitchableAccount } from "../operations/status/coverage";
import { command, commandIn } from "./markup/command";
import { curlOf } from "./markup/commands";
import type { CanaryRow, FleetModel } from "./model/fleet-model";
import { type Html, html, type Piece } from "./markup/html";
import { moment, type Page } from "./markup/layout";
import type { LinkTo, Place } from "./links";
import { resumeFleetWords } from "./orders";
import { type Column, table } from "./markup/table";
import { cut, readable, sentence, spell } from "./words";

interface FleetView {
  readonly fleet: FleetModel;
  /** Null until a person asks: it reads every record. */
  readonly switchable: readonly SwitchableAccount[] | null;
  readonly place: Place;
  readonly now: Instant;
  readonly link: LinkTo;
  readonly origin: string;
  /** Whether the reader has signed in. */
  readonly mayOrder: boolean;
  readonly refreshSeconds: number | null;
}

const maxRows = 50;

/** As many rows as fit on a page; nothing is left out without a word. */
const some = (caption: string, columns: readonly Column[], rows: readonly (readonly Piece[])[]): Html => {
  if (rows.length === 0) return html`<p class="dim">${caption}: none.</p>`;
  const which = rows.length > maxRows ? `: the first ${maxRows} of ${rows.length}` : "";
  return table(caption + which, columns, rows.slice(0, maxRows));
};

const columnsOf = (first: string, ...others: readonly string[]): readonly Column[] => [
  { name: first, heads: true },
  ...others.map((name) => ({ name, labelled: true }) as const),
];

const accountLink = (account: string, link: LinkTo): Html => html`<a href="${link({ account })}">${account}</a>`;

const stopped = ({ fleet, origin, link, mayOrder }: FleetView): Html | null => {
  if (fleet.stopped === null) return null;
  const { detail, until } = fleet.stopped;
  const body = { reason: reasonToFill, stoppedUntil: until };
  const request = { method: "POST", path: "/api/fleet/resume", body } as const;
  const address = link({ view: "fleet", order: "resume" });
  const form = html`<p><a class="go" href="${address}">${resumeFleetWords.title} …</a></p>`;
  return html`<section class="what"><h2>No scheduled rotation starts</h2><p>${sentence(readable(detail))}</p>
    ${command(commandOf("resume-fleet", ""))}${command(curlOf({ request }, origin))}
    ${mayOrder ? form : null}</section>`;
};

const done = ({ place }: FleetView): Html | null =>
  place.done === null ? null : html`<p class="note" role="status">Done: ${place.done}.</p>`;

const limitText = ({ maxRotating, rotating }: FleetModel): string =>
  maxRotating === null
    ? "Any number of scheduled rotations may be under way at once."
    : `${rotating?.length ?? 0} of at most ${maxRotating} scheduled rotations are under way.`;

const spreadText = ({ spread }: FleetModel): string =>
  spread === 0
    ? "Due dates are not spread."
    : `Due dates are spread over the last ${Math.round(spread * 100)} % of the interval.`;

const waves = ({ fleet, link }: FleetView): Html => {
  const { rotating, blackout, upcoming } = fleet;
  const under = rotating?.map(({ account, at }) => [accountLink(account, link), moment(at)]) ?? null;
  const later = upcoming.map(({ from, to, reason }) => [moment(from), moment(to), reason]);
  const dark =
    blackout === null
      ? null
      : html`<p class="note">Blackout until ${moment(blackout.to)}: ${sentence(blackout.reason)}</p>`;
  return html`<h2>Waves</h2><p>${limitText(fleet)} ${spreadText(fleet)}</p>${dark}
    ${under === null ? null : some("Scheduled rotations under way", columnsOf("Account", "Since"), under)}
    ${later.length === 0 ? null : some("Blackouts to come", columnsOf("From", "To", "Reason"), later)}`;
};

const canaryText = ({ counts, until }: CanaryRow): Html =>
  counts && until !== null ? html`completed; counts until ${moment(until)}` : html`has yet to complete a rotation`;

const canaries = ({ fleet, link }: FleetView): Html => {
  const rows = fleet.canaries.map((one) => [accountLink(one.account, link), canaryText(one)]);
  return html`<h2>Canaries</h2>
    ${
      rows.length === 0
        ? html`<p class="dim">None is configured: every account rotates when it is due.</p>`
        : some("Accounts that rotate before the others", columnsOf("Account", "State"), rows)
    }`;
};

const causes = {
  rolledBack: "rolled back",
  blocked: "blocked",
  unhealthy: "a consumer was unhealthy on the new key",
} as const;

const breaker = ({ fleet: { breaker: found }, link }: FleetView): Html => {
  if (found === null)
    return html`<h2>Breaker</h2><p class="dim">None is configured: failures stop no further rotation.</p>`;
  const { failures, withinMs, counted } = found;
  const rows = counted.map(({ account, cause, at }) => [accountLink(account, link), causes[cause], moment(at)]);
  return html`<h2>Breaker</h2>
    <p>${counted.length} of ${failures} failures within ${spell(withinMs)} that stop the fleet.</p>
    ${some("Failures that count", columnsOf("Account", "What", "Since"), rows)}`;
};

const coverage = ({ fleet: { found } }: FleetView): Html => {
  if (found === null)
    return html`<h2>Coverage</h2>
      <p class="dim">The configuration lists all accounts; without discovery, others are not known.</p>`;
  const { unprotected, problems, trouble, answeredAt } = found;
  const open = unprotected.map(({ name, reason, resourceId }) => [name, reason, html`<code>${resourceId}</code>`]);
  const wrong = problems.map(({ account, reason, detail }) => [account, reason, cut(detail, 300)]);
  return html`<h2>Coverage</h2>${trouble === null ? null : html`<p class="note bad">${sentence(trouble)}</p>`}
    <p class="dim">As of ${answeredAt === null ? "never" : moment(answeredAt)}.</p>
    ${some("Accounts with shared keys that no rotator handles", columnsOf("Account", "Reason", "Resource"), open)}
    ${some("Accounts whose tags cannot be carried out", columnsOf("Account", "Reason", "Detail"), wrong)}`;
};

const whyOut =
  "An account whose keys no one has used for 30 days may need none: its apps can sign in with Microsoft Entra ID. " +
  "Silence proves nothing, so ask its owner first.";

/** In their order: the account is taken out first, else its rotator would be blocked. */
const wayOut = ({ switchable, link }: FleetView): Html => {
  const intro = html`<h2>The way out</h2><p>${whyOut}</p>`;
  if (switchable === null)
    return html`${intro}<p><a class="go" href="${link({ view: "fleet", live: false })}">Look for such accounts</a>
      <span class="dim"> It reads every record once.</span></p>`;
  const rows = switchable.map(({ account, resourceId, since }) => [
    accountLink(account, link),
    moment(since),
    stepsOfWayOut(resourceId).map((text) => html`<small>${text.replace(/az .*/, "")}</small>${commandIn(text)}`),
  ]);
  return html`${intro}
    ${some("Accounts whose keys no one seems to use", columnsOf("Account", "Silent since", "Steps"), rows)}
    <p class="dim">Microsoft's policy for it: ${sharedKeyPolicyId}.</p>`;
};

export const fleetPage = (view: FleetView): Page => {
  const starts = view.fleet.stopped === null;
  return {
    title: "Fleet",
    place: view.place,
    at: view.now,
    refreshSeconds: view.refreshSeconds,
    body: html`${done(view)}<h1>Fleet</h1>
      <p class="lead">${starts ? "Scheduled rotations start as they are due." : "Scheduled rotations are stopped."}</p>
      ${stopped(view)}${waves(view)}${canaries(view)}${breaker(view)}${coverage(view)}${wayOut(view)}`,
  };
};
