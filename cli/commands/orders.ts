import type { OperatorAction } from "../../lib/operations/operate-account";
import type { StatusBody } from "../../lib/operations/status/status";
import { preconditionsOf } from "../../lib/rotation/attention/who-acts";
import { UnavailableError } from "../client";
import { checkOrder, confirm, type OrderOptions, reasonFor } from "../confirm";
import { effectOf, effectOfResume, effectOfRotation } from "../effects";
import { type ExitCode, exitCodes, usageError } from "../exit-codes";
import { accountPath, listAccounts, readStatus } from "../requests";
import type { Session } from "../session";
import { explained, judged } from "../status-view";

interface Order {
  readonly functionName: string;
  readonly path: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** In a dry run the request is the data: nothing is sent. */
const planned = (session: Session, { path, body, headers }: Order): ExitCode => {
  const request = { method: "POST", path: `/api${path}`, ...(headers === undefined ? {} : { headers }), body };
  session.show(() => `POST ${request.path}\n${JSON.stringify(body, null, 2)}\n`, request);
  return exitCodes.fine;
};

const carriedOut = async (session: Session, order: Order): Promise<ExitCode> => {
  const status = await session.client.json<StatusBody>({ method: "POST", ...order });
  const { surroundings, colours } = session;
  const found = judged(status);
  session.show(() => explained(found, surroundings.now(), colours), { ...status, acts: found.acts });
  return exitCodes.fine;
};

/** `approve`, `rollback`, `pause`, `resume`, with what the decision was made on. */
export const operate = async (
  session: Session,
  action: OperatorAction,
  account: string,
  options: OrderOptions,
): Promise<ExitCode> => {
  checkOrder(options, session.surroundings.canAsk);
  const status = await readStatus(session, account);
  const reason = await reasonFor(options, session);
  const body = { reason, ...preconditionsOf(status) };
  const order = { functionName: "operateAccount", path: `${accountPath(account)}/${action}`, body };
  if (options.dryRun) {
    session.say(effectOf(action, status));
    return planned(session, order);
  }
  await confirm(session, effectOf(action, status), options);
  return carriedOut(session, order);
};

export interface RotateOptions extends OrderOptions {
  readonly retireAfter?: string;
  readonly idempotencyKey?: string;
}

export const rotate = async (session: Session, account: string, options: RotateOptions): Promise<ExitCode> => {
  const { retireAfter, idempotencyKey, dryRun } = options;
  checkOrder(options, session.surroundings.canAsk);
  if (idempotencyKey !== undefined && !/^[A-Za-z0-9_-]{1,128}$/.test(idempotencyKey))
    throw usageError("--idempotency-key must be 1 to 128 of the characters A-Z a-z 0-9 _ -");
  const status = await readStatus(session, account);
  const reason = await reasonFor(options, session);
  const key = idempotencyKey ?? session.surroundings.newId();
  const body = { reason, ...preconditionsOf(status), ...(retireAfter === undefined ? {} : { retireAfter }) };
  const order = {
    functionName: "rotateOnDemand",
    path: `${accountPath(account)}/rotations`,
    body,
    headers: { "idempotency-key": key },
  };
  const effect = effectOfRotation(status, retireAfter);
  if (dryRun) {
    session.say(effect);
    return planned(session, order);
  }
  await confirm(session, effect, options);
  return carriedOut(session, order).catch((error: unknown) => {
    if (error instanceof UnavailableError)
      session.say(`it may have started: the same command with --idempotency-key ${key} starts no second one`);
    throw error;
  });
};

/** Ends a `FleetStopped`. */
export const resumeFleet = async (session: Session, options: OrderOptions): Promise<ExitCode> => {
  checkOrder(options, session.surroundings.canAsk);
  const { accounts, fleetStopped } = await listAccounts(session);
  const held = accounts.filter(({ waitingFor }) => waitingFor?.reason === "FleetStopped").length;
  const order = {
    functionName: "resumeFleet",
    path: "/fleet/resume",
    body: {
      reason: await reasonFor(options, session),
      ...(fleetStopped ? { stoppedUntil: fleetStopped.until } : {}),
    },
  };
  const effect = effectOfResume(held, fleetStopped ?? null);
  if (options.dryRun) {
    session.say(effect);
    return planned(session, order);
  }
  await confirm(session, effect, options);
  const answer = await session.client.json<object>({ method: "POST", ...order });
  session.show(() => "the fleet goes on\n", answer);
  return exitCodes.fine;
};
