import { createHash } from "node:crypto";
import { armError } from "./arm-errors";
import { type BatchStore, resourceIdOf, type StoredAccount } from "./batch-store";
import { type Answer, isObject, jsonAnswer, jsonObjectOf, type WireRequest, withHeaders } from "./wire";

const path = /^\/providers\/Microsoft\.ResourceGraph\/resources\/?$/i;

export const isGraphQuery = ({ method, path: asked }: WireRequest): boolean =>
  method === "POST" && path.test(decodeURIComponent(asked));

/** 15 queries in 5 seconds. */
const quota = { queries: 15, windowMs: 5_000 } as const;

/** The columns of one Batch account, as a query over `resources` sees them. */
type GraphRow = Readonly<Record<string, unknown>> & { readonly id: string };

/**
 * Azure Resource Graph for Batch accounts: it understands the rotator's own query only, and answers the scopes, pages,
 * quota and headers of the service. It shows what Resource Manager had at the last `catchUp`, where it lags.
 */
export class ResourceGraphEmulator {
  /** Management groups with their subscriptions; others do not exist. */
  readonly managementGroups = new Map<string, readonly string[]>();
  /** The most rows of a page, below what was asked for. */
  maxPage = 1000;
  /** Refuses more queries than the quota allows. Off, they are counted only. */
  enforcesQuota = false;
  /** `properties.allowedAuthenticationModes` is not in the graph. */
  hidesModes = false;
  /** The last page has rows left over, and no token that leads to them. */
  truncates = false;
  /** More than 10,000 subscriptions are in scope. */
  hitsTenantLimit = false;
  /** The identity may read nothing: the graph answers without rows. */
  readsNothing = false;
  #lagging: readonly GraphRow[] | null = null;
  #asked: readonly number[] = [];

  constructor(private readonly store: BatchStore) {}

  /** Shows from now on what Resource Manager has now, whatever changes there. */
  lag(): void {
    this.#lagging = this.#live();
  }

  catchUp(): void {
    this.#lagging = null;
  }

  answer(request: WireRequest): Answer {
    const now = this.store.now().getTime();
    const recent = this.#asked.filter((at) => at > now - quota.windowMs);
    const left = quota.queries - recent.length;
    const resetsMs = recent[0] === undefined ? 0 : recent[0] + quota.windowMs - now;
    if (left <= 0 && this.enforcesQuota) return throttled(resetsMs);
    this.#asked = [...recent, now];
    const headers = {
      "x-ms-user-quota-remaining": `${Math.max(0, left - 1)}`,
      "x-ms-user-quota-resets-after": clockOf(left === quota.queries ? quota.windowMs : resetsMs),
      ...(this.hitsTenantLimit ? { "x-ms-tenant-subscription-limit-hit": "true" } : {}),
    };
    return withHeaders(this.#query(jsonObjectOf(request)), headers);
  }

  #query(body: Readonly<Record<string, unknown>> | null): Answer {
    const query = typeof body?.["query"] === "string" ? body["query"] : "";
    const options = isObject(body?.["options"]) ? body["options"] : {};
    const names = [...query.matchAll(/tags\['([^']+)'\]/g)].map(([, name = ""]) => name);
    const isKnown = /^resources\s/.test(query) && /microsoft\.batch\/batchaccounts/i.test(query) && names.length === 2;
    if (!isKnown || !/\|\s*order by id asc/.test(query) || options["resultFormat"] !== "objectArray")
      return badRequest("InvalidQuery", "Query is invalid. Please refer to the documentation for the query language.");
    const rows = this.#rowsInScope(body ?? {}, names);
    if (rows === null)
      return badRequest(
        "NoValidSubscriptionsInQueryRequest",
        "There must be at least one valid subscription in scope.",
      );
    return this.#page(rows, query, options);
  }

  #page(rows: readonly GraphRow[], query: string, options: Readonly<Record<string, unknown>>): Answer {
    const top = Math.min(Number(options["$top"] ?? 100), this.maxPage);
    const place = placeOf(options["$skipToken"], query);
    if (place === null) return badRequest("InvalidSkipToken", "The skip token is not one of this query.");
    const data = rows.slice(place, place + top);
    const isLast = place + top >= rows.length;
    return jsonAnswer(200, {
      totalRecords: rows.length,
      count: data.length,
      data,
      facets: [],
      resultTruncated: this.truncates && isLast ? "true" : "false",
      ...(isLast ? {} : { $skipToken: tokenOf(place + top, query) }),
    });
  }

  #rowsInScope(body: Readonly<Record<string, unknown>>, tags: readonly string[]): readonly GraphRow[] | null {
    const groups = listOf(body["managementGroups"]);
    const named = groups.map((group) => this.managementGroups.get(group));
    if (named.includes(undefined)) return null;
    const subscriptions = [...listOf(body["subscriptions"]), ...named.flatMap((ids) => ids ?? [])];
    if (subscriptions.length === 0) return null;
    if (this.readsNothing) return [];
    const inScope = (id: string): boolean =>
      subscriptions.some((one) => id.toLowerCase().startsWith(`/subscriptions/${one.toLowerCase()}/`));
    const rows = (this.#lagging ?? this.#live()).filter(({ id }) => inScope(id));
    return rows.map((row) => projected(row, tags)).toSorted((one, other) => (one.id < other.id ? -1 : 1));
  }

  #live(): readonly GraphRow[] {
    return this.store.all().map((account) => rowOf(account, this.hidesModes));
  }
}

const rowOf = (account: StoredAccount, hidesModes: boolean): GraphRow => ({
  id: resourceIdOf(account),
  location: account.location,
  tags: account.tags,
  modes: hidesModes ? null : account.modes,
  mode: account.poolAllocationMode,
});

/** `tags[…]` finds the name without case; `tostring` of what is absent is an empty text. */
const projected = ({ tags, ...row }: GraphRow, [profile = "", consumers = ""]: readonly string[]): GraphRow => {
  const valueOf = (name: string): string => {
    const found = Object.entries(isObject(tags) ? tags : {}).find(([tag]) => tag.toLowerCase() === name.toLowerCase());
    return typeof found?.[1] === "string" ? found[1] : "";
  };
  return { ...row, profile: valueOf(profile), consumers: valueOf(consumers) };
};

const listOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];

const hashOf = (query: string): string => createHash("sha256").update(query).digest("hex").slice(0, 12);

const tokenOf = (place: number, query: string): string => Buffer.from(`${place}:${hashOf(query)}`).toString("base64");

const placeOf = (token: unknown, query: string): number | null => {
  if (token === undefined) return 0;
  const [place, hash] = Buffer.from(typeof token === "string" ? token : "", "base64")
    .toString("utf8")
    .split(":");
  return hash === hashOf(query) ? Number(place) : null;
};

const badRequest = (code: string, message: string): Answer =>
  jsonAnswer(400, {
    error: {
      code: "BadRequest",
      message: "Please provide below info when asking for support: timestamp, correlationId.",
      details: [{ code, message }],
    },
  });

const throttled = (resetsMs: number): Answer =>
  withHeaders(
    armError(429, "RateLimiting", "Please provide below info when asking for support: the quota is exceeded.", {
      "retry-after": `${Math.ceil(resetsMs / 1000)}`,
    }),
    { "x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": clockOf(resetsMs) },
  );

const clockOf = (ms: number): string => `00:00:${String(Math.ceil(ms / 1000)).padStart(2, "0")}`;
