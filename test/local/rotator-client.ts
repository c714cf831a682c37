/** The members of a status that are shown here. */
export interface AccountStatus {
  readonly account: string;
  readonly phase: string | null;
  readonly activeSlot: "primary" | "secondary" | null;
  readonly waitingFor: { readonly reason: string; readonly detail: string } | null;
  readonly blocked: { readonly reason: string; readonly remedy: string } | null;
  readonly rotation: { readonly id: string } | null;
  readonly lastRotation: { readonly id: string; readonly outcome: string } | null;
}

/** The key of one function. */
export type KeyOf = (functionName: string) => string;

export interface RotatorClient {
  readonly url: string;
  /** Null with the problem while the rotator does not answer. */
  status(account: string): Promise<{ readonly status: AccountStatus | null; readonly problem: string | null }>;
  /** The HTTP status and text of the answer. */
  rotate(account: string, reason: string): Promise<{ readonly httpStatus: number; readonly text: string }>;
}

const timeoutMs = 20_000;

export const rotatorClient = (url: string, keyOf: KeyOf): RotatorClient => ({
  url,
  status: async (account) => {
    try {
      const response = await fetch(`${url}/accounts/${account}`, {
        headers: { "x-functions-key": keyOf("accountStatus") },
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      if (response.status !== 200) {
        return { status: null, problem: `GET accounts/${account} answered ${response.status} ${text.slice(0, 500)}` };
      }
      const status: AccountStatus = JSON.parse(text);
      return { status, problem: null };
    } catch (problem) {
      return { status: null, problem: `GET accounts/${account}: ${String(problem)}` };
    }
  },
  rotate: async (account, reason) => {
    const response = await fetch(`${url}/accounts/${account}/rotations`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-functions-key": keyOf("rotateOnDemand") },
      body: JSON.stringify({ reason }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { httpStatus: response.status, text: await response.text() };
  },
});

/** The reason that an account waits for, in one line. */
export const inOneLine = ({ phase, waitingFor, blocked, lastRotation }: AccountStatus): string => {
  const why =
    blocked !== null
      ? `blocked: ${blocked.reason}, ${blocked.remedy}`
      : waitingFor !== null
        ? `waits for ${waitingFor.reason}: ${waitingFor.detail}`
        : "not waiting";
  return `${phase ?? "no record yet"}, ${why}${lastRotation === null ? "" : `; last rotation ${lastRotation.outcome}`}`;
};
