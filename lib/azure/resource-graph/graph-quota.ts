import type { PolicyConfig } from "../sdk/pipeline";

/**
 * Resource Graph answers 15 queries of one user in 5 seconds
 * (learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests).
 */
export class GraphQuota {
  /** How long to wait before the next query, by the last answer. */
  waitMs = 0;
  /** More subscriptions are in scope than one query reads. */
  limitHit = false;

  readonly policy: PolicyConfig = {
    position: "perRetry",
    policy: {
      name: "graphQuota",
      sendRequest: async (request, next) => {
        const response = await next(request);
        const { headers } = response;
        this.waitMs = headers.get("x-ms-user-quota-remaining") === "0" ? resetsAfter(headers.get(resetHeader)) : 0;
        this.limitHit ||= headers.get("x-ms-tenant-subscription-limit-hit")?.toLowerCase() === "true";
        return response;
      },
    },
  };
}

const resetHeader = "x-ms-user-quota-resets-after";
/** The whole window, where the header cannot be read. */
const windowMs = 5_000;

/** `00:00:04`. A longer time than a minute is none that the documentation knows. */
const resetsAfter = (text: string | undefined): number => {
  const [, h, m, s] = /^(\d+):(\d\d):(\d\d)(?:\.\d+)?$/.exec(text ?? "") ?? [];
  const ms = ((Number(h) * 60 + Number(m)) * 60 + Number(s) + 1) * 1000;
  return Number.isNaN(ms) ? windowMs : Math.min(ms, 60_000);
};
