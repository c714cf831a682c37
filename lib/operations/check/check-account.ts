import type { App } from "../../app";
import { callOptions } from "../../limits";
import { maxSearchMs } from "../../driver/steps/search-account";
import { OperatorNeededError } from "../../errors";
import type { BatchAccount, SlotKeys } from "../../ports/batch-keys";
import type { CallOptions } from "../../ports/call";
import type { AccountConfig } from "../../rotation/account-config";
import { isSearched } from "../../rotation/gate/key-copies";
import { firstRecord } from "../../rotation/first-record";
import { scheduledDue } from "../../rotation/schedule";
import { nextStep } from "../../rotation/waiting";
import {
  consumerChecks,
  dataPlaneCheck,
  identityCheck,
  keyCopiesCheck,
  proofChecks,
  regenerateAction,
  regenerateCheck,
  settingsChecks,
  sharedKeyCheck,
  tablesCheck,
  vaultReadCheck,
  vaultWriteCheck,
} from "./account-checks";
import { type Check, failedCheck, good } from "./checks";
import { auditLogCheck, readersChecks, unreadChecks } from "./readers-checks";
import { readersNow } from "../../sights/ask-readers";
import { platformCheck, previewInput, previewsOf, untriedCheck } from "./platform-checks";
import { readStatus } from "../status/read-status";
import type { StatusBody } from "../status/status";

export interface CheckedAccount {
  readonly account: string;
  readonly checks: readonly Check[];
  readonly next: string;
}

/** Tries everything that a rotation of this account needs, as far as it can be tried without changing anything. */
export const checkAccount = async (app: App, config: AccountConfig): Promise<CheckedAccount> => {
  const preflight = new Preflight(app, config);
  preflight.checks.push(...settingsChecks(app.unresolved));
  await preflight.checkIdentity();
  const keys = await preflight.checkBatch();
  await preflight.checkVault(keys);
  const status = await preflight.checkTables();
  await preflight.checkPlatforms();
  await preflight.checkReaders();
  return { account: config.name, checks: preflight.checks, next: await describeNext(app, config, status) };
};

/** No vault makes this id, so changing it changes nothing; it only shows whether changing is permitted. */
const noVersion = "00000000000000000000000000000000";

class Preflight {
  readonly checks: Check[] = [];
  /** The object id of the app's identity; null as long as it is not known. */
  #principal: string | null = null;

  constructor(
    private readonly app: App,
    private readonly config: AccountConfig,
  ) {}

  async checkIdentity(): Promise<void> {
    const { permissions } = this.app.ports;
    this.#principal = await this.#attempt("identity", () => permissions.principalId(this.#call()), identityCheck);
  }

  /** The live keys; null where they cannot be read. */
  async checkBatch(): Promise<SlotKeys | null> {
    const { config } = this;
    const { batch, permissions } = this.app.ports;
    const account = await this.#attempt(
      "batchAccount",
      () => batch.readAccount(config.batch, this.#call()),
      ({ accountEndpoint }) => good("batchAccount", `data plane at ${accountEndpoint}`),
    );
    if (account !== null) this.checks.push(sharedKeyCheck(config, account));
    const keys = await this.#attempt(
      "listKeys",
      () => batch.readKeys(config.batch, this.#call()),
      () => good("listKeys", "both keys can be read"),
    );
    await this.#attempt(
      "regenerateKeys",
      () => permissions.allows(config.batch.resourceId, regenerateAction, this.#call()),
      (allowed) => regenerateCheck(config, this.#principal, allowed),
    );
    await this.#checkDataPlane(account, keys);
    return keys;
  }

  async #checkDataPlane(account: BatchAccount | null, keys: SlotKeys | null): Promise<void> {
    const { config } = this;
    if (config.probe === "none" || account === null || keys === null) return;
    const { batch } = this.app.ports;
    const probe = () => batch.probe(config.batch, account.accountEndpoint, keys.primary, this.#call());
    const answer = await this.#attempt("dataPlane", probe, dataPlaneCheck);
    if (answer !== "accepted" || !isSearched(config)) return;
    const wanted = { signWith: keys.primary, keys };
    const search = () => batch.search(config.batch, account.accountEndpoint, wanted, this.#call(maxSearchMs));
    await this.#attempt("keyCopies", search, keyCopiesCheck);
  }

  async checkVault(keys: SlotKeys | null): Promise<void> {
    const { secrets } = this.app.ports;
    const newest = await this.#attempt(
      "vaultRead",
      () => secrets.newest(this.config.secret, this.#call()),
      (found) => vaultReadCheck(found, keys),
    );
    await this.#attempt(
      "vaultUpdate",
      () => this.#mayUpdate(),
      () => good("vaultUpdate", "versions can be disabled"),
    );
    this.checks.push(vaultWriteCheck(newest));
  }

  /** Permission is checked before the version is searched for, so "not found" means "permitted". */
  async #mayUpdate(): Promise<void> {
    try {
      await this.app.ports.secrets.disable(this.config.secret, noVersion, this.#call());
    } catch (error) {
      if (error instanceof OperatorNeededError && error.reason === "NotFound") return;
      throw error;
    }
  }

  /** The account's status; null where the tables cannot be read. */
  async checkTables(): Promise<StatusBody | null> {
    const status = await this.#attempt("tables", () => readStatus(this.app, this.config), tablesCheck);
    this.checks.push(...consumerChecks(this.config, status), ...proofChecks(this.config));
    return status;
  }

  /** What lookers read is read; what they would ask for is not tried. */
  async checkPlatforms(): Promise<void> {
    const { app, config } = this;
    const input = await previewInput(app, config);
    for (const { consumer, show, untried } of previewsOf(app, input)) {
      await this.#attempt(`platform of ${consumer}`, show, (found) => platformCheck(consumer, found));
      for (const one of untried) {
        const check = `${one.what} of ${consumer}`;
        const allows = () => app.ports.permissions.allows(one.resourceId, one.action, this.#call());
        await this.#attempt(check, allows, (allowed) => untriedCheck(check, one, allowed, this.#principal));
      }
    }
  }

  async checkReaders(): Promise<void> {
    const { app, config } = this;
    const { auditLog, clock } = app.ports;
    if (auditLog === null) {
      this.checks.push(...unreadChecks(config));
      return;
    }
    const known = await this.#attempt(
      "auditLog",
      () => readersNow(app, auditLog, config, () => this.#call()),
      (found) => auditLogCheck(found?.seen ?? null),
    );
    if (known !== null) this.checks.push(...readersChecks(config, known.seen, clock.now()));
  }

  /** Runs one call and adds its check; null where the call fails. */
  async #attempt<T>(check: string, work: () => Promise<T>, judge: (found: T) => Check): Promise<T | null> {
    try {
      const found = await work();
      this.checks.push(judge(found));
      return found;
    } catch (error) {
      this.checks.push(failedCheck(check, error, this.config, this.#principal));
      return null;
    }
  }

  #call(ms = this.app.limits.callMs): CallOptions {
    return callOptions(this.app.ports.clock, ms);
  }
}

/** What the next tick would do. */
const describeNext = async (app: App, config: AccountConfig, status: StatusBody | null): Promise<string> => {
  if (status === null) return "nothing before the tables can be reached";
  if (status.blocked !== null) return `try again, as it is blocked: ${status.blocked.reason}`;
  if (status.waitingFor !== null) return `wait: ${status.waitingFor.reason}, ${status.waitingFor.detail}`;
  const { ports, limits } = app;
  const stored = await ports.rotations.read(config.name, callOptions(ports.clock, limits.callMs));
  const record = stored?.record ?? null;
  if (record === null) return nextStep(firstRecord(config, ports.clock.now()).state);
  const idle = record.state.phase === "idle" && !scheduledDue(record, config, ports.clock.now()).due;
  return idle ? `nothing before ${status.nextDueAt}` : nextStep(record.state);
};
