import type { App } from "../app";
import {
  CorruptRecordError,
  OperatorNeededError,
  OutcomeUnknownError,
  TransientServiceError,
  unnamedIdentity,
} from "../errors";
import { slotOf } from "../driver/key-operations";
import type { BatchAccount, CallOptions, SecretVersion, SlotKeys } from "../ports";
import { readStatus } from "./read-status";
import type { AccountConfig } from "../rotation/account-config";
import { scheduledDue } from "../rotation/schedule";
import { nextStep } from "../rotation/waiting";
import type { StatusBody } from "./status";

export interface Check {
  readonly check: string;
  /** Null: could not be tried without changing something, or needs a check before it that failed. */
  readonly ok: boolean | null;
  readonly detail: string;
  readonly remedy: string | null;
}

export interface CheckedAccount {
  readonly account: string;
  readonly checks: readonly Check[];
  readonly next: string;
}

const regenerateAction = "Microsoft.Batch/batchAccounts/regenerateKeys/action";
const setSecretAction = "Microsoft.KeyVault/vaults/secrets/setSecret/action";
/** No vault makes this id, so changing it changes nothing; only whether it may be tried is learnt. */
const noVersion = "00000000000000000000000000000000";

/** Tries everything that a rotation of this account needs, as far as it can be tried without changing anything. */
export const checkAccount = async (app: App, config: AccountConfig): Promise<CheckedAccount> => {
  const { ports, limits } = app;
  const call = (): CallOptions => ({ signal: ports.clock.abortAfter(limits.callMs) });
  const checks: Check[] = [];
  let principal: string | null = null;
  const attempt = async <T>(check: string, work: () => Promise<T>, tell: (found: T) => Check): Promise<T | null> => {
    try {
      const found = await work();
      checks.push(tell(found));
      return found;
    } catch (error) {
      checks.push(failedCheck(check, error, config, principal));
      return null;
    }
  };

  principal = await attempt(
    "identity",
    () => ports.permissions.principalId(call()),
    (id) => good("identity", id === null ? "the app's identity gets tokens" : `the app's identity is ${id}`),
  );
  const account = await attempt(
    "batchAccount",
    () => ports.batch.readAccount(config.batch, call()),
    (found) => good("batchAccount", `data plane at ${found.accountEndpoint}`),
  );
  if (account !== null) checks.push(sharedKeyCheck(config, account));
  const keys = await attempt(
    "listKeys",
    () => ports.batch.readKeys(config.batch, call()),
    () => good("listKeys", "both keys can be read"),
  );
  await attempt(
    "regenerateKeys",
    () => ports.permissions.allows(config.batch.resourceId, regenerateAction, call()),
    (allowed) => regenerateCheck(config, principal, allowed),
  );
  await dataPlaneCheck(attempt, app, config, account, keys, call);
  const newest = await attempt(
    "vaultRead",
    () => ports.secrets.newest(config.secret, call()),
    (found) => vaultReadCheck(found, keys),
  );
  await attempt(
    "vaultUpdate",
    () => mayUpdate(app, config, call()),
    () => good("vaultUpdate", "versions can be disabled"),
  );
  checks.push({
    check: "vaultWrite",
    ok: null,
    detail: `not tried, as it would publish something: the first publication shows whether ${setSecretAction} is granted${newest?.rotationId ? "; the newest version was published by a rotator" : ""}`,
    remedy: null,
  });
  const status = await attempt(
    "tables",
    () => readStatus(app, config),
    (found) => tablesCheck(found),
  );
  checks.push(...consumerChecks(status));
  return { account: config.name, checks, next: await nextWords(app, config, status) };
};

type Attempt = <T>(check: string, work: () => Promise<T>, tell: (found: T) => Check) => Promise<T | null>;

const good = (check: string, detail: string): Check => ({ check, ok: true, detail, remedy: null });
const bad = (check: string, detail: string, remedy: string): Check => ({ check, ok: false, detail, remedy });

const outOfReachRemedy =
  "check again shortly; if it lasts, look at the service's health and at the network between it and this app";
/** An app without an identity is told no more than that there is no token. */
const identityRemedy =
  "check again shortly; if it lasts, give this app the managed identity that AZURE_CLIENT_ID names, or a system-assigned one where it is not set: az functionapp identity assign --name <this app> --resource-group <its group> (with --identities <resource id> for one that AZURE_CLIENT_ID names)";

const failedCheck = (check: string, error: unknown, config: AccountConfig, principal: string | null): Check => {
  if (error instanceof OperatorNeededError) {
    const command = error.remedy.startsWith("grant ") ? grantCommand(check, config, principal) : null;
    const remedy = command === null ? error.remedy : `${error.remedy}: ${command}`;
    const named = remedy.replaceAll(unnamedIdentity, principal ?? unnamedIdentity);
    return bad(check, `${error.facts.operation}: ${error.reason}`, named);
  }
  if (error instanceof CorruptRecordError) return bad(check, "the stored record cannot be read", error.message);
  if (error instanceof TransientServiceError || error instanceof OutcomeUnknownError) {
    return bad(check, error.message, check === "identity" ? identityRemedy : outOfReachRemedy);
  }
  return bad(check, `unexpected ${error instanceof Error ? error.name : typeof error}`, "please report this defect");
};

const sharedKeyCheck = (config: AccountConfig, account: BatchAccount): Check =>
  account.sharedKeyAllowed
    ? good("sharedKey", "the account allows shared keys")
    : bad(
        "sharedKey",
        "the account does not allow shared keys, so there is nothing to rotate",
        `allow them (az resource update --ids ${config.batch.resourceId} --set properties.allowedAuthenticationModes="['SharedKey','AAD','TaskAuthenticationToken']"), or take the account out of ROTATION_ACCOUNTS`,
      );

const regenerateCheck = (config: AccountConfig, principal: string | null, allowed: boolean | null): Check => {
  if (allowed === true)
    return good("regenerateKeys", "granted by a role assignment; not tried, as it would replace a key");
  if (allowed === null) {
    return {
      check: "regenerateKeys",
      ok: null,
      detail: "not tried, as it would replace a key; the role assignments cannot be read",
      remedy: null,
    };
  }
  return bad(
    "regenerateKeys",
    `no role assignment grants ${regenerateAction}`,
    assignment(principal, "Batch Key Rotator", config.batch.resourceId),
  );
};

const assignment = (principal: string | null, role: string, scope: string): string =>
  `az role assignment create --assignee-object-id ${principal ?? unnamedIdentity} --assignee-principal-type ServicePrincipal --role "${role}" --scope ${scope}`;

/** The command that gives what a check was refused; null where the remedy's own words are all there is to say. */
const grantCommand = (check: string, config: AccountConfig, principal: string | null): string | null => {
  const { batch, secret } = config;
  if (check === "batchAccount" || check === "listKeys") {
    return assignment(principal, "Batch Key Rotator", batch.resourceId);
  }
  if (check !== "vaultRead" && check !== "vaultUpdate") return null;
  const [vault = ""] = new URL(secret.vaultUrl).hostname.split(".");
  const scope = `"$(az keyvault show --name ${vault} --query id --output tsv)/secrets/${secret.name}"`;
  return assignment(principal, "Key Vault Secrets Officer", scope);
};

const dataPlaneCheck = async (
  attempt: Attempt,
  { ports }: App,
  config: AccountConfig,
  account: BatchAccount | null,
  keys: SlotKeys | null,
  call: () => CallOptions,
): Promise<void> => {
  if (config.probe === "none" || account === null || keys === null) return;
  await attempt(
    "dataPlane",
    () => ports.batch.probe(config.batch, account.accountEndpoint, keys.primary, call()),
    (answer) =>
      answer === "accepted"
        ? good("dataPlane", "a call signed with the primary key is accepted")
        : bad(
            "dataPlane",
            "Batch refuses a call signed with its own primary key",
            "check this app's clock, and again in some minutes; a key that was just regenerated may need time",
          ),
  );
};

const vaultReadCheck = (newest: Extract<SecretVersion, { enabled: true }> | null, keys: SlotKeys | null): Check => {
  if (newest === null)
    return good("vaultRead", "the secret does not exist yet: adopting the account will publish the primary key");
  const slot = keys === null ? null : slotOf(keys, newest.key);
  if (keys === null) return good("vaultRead", `the newest version is ${newest.version}`);
  return good(
    "vaultRead",
    slot === null
      ? `the newest version, ${newest.version}, holds neither live key: adopting the account will publish the primary key over it`
      : `the newest version, ${newest.version}, holds the ${slot} key`,
  );
};

/** Permission is asked before the version is looked for, so "not found" means "permitted". */
const mayUpdate = async (app: App, config: AccountConfig, call: CallOptions): Promise<void> => {
  try {
    await app.ports.secrets.disable(config.secret, noVersion, call);
  } catch (error) {
    if (error instanceof OperatorNeededError && error.reason === "NotFound") return;
    throw error;
  }
};

const tablesCheck = (status: StatusBody): Check =>
  status.blocked?.reason === "RecordCorrupt"
    ? bad("tables", "the stored record cannot be read", status.blocked.remedy)
    : good("tables", status.phase === null ? "reachable; no record yet" : `reachable; phase ${status.phase}`);

const consumerChecks = (status: StatusBody | null): readonly Check[] =>
  (status?.consumers ?? []).map(({ name, state, instances }) =>
    instances.length > 0
      ? good(
          `signals of ${name}`,
          `${state}: ${instances.length === 1 ? "1 instance has" : `${instances.length} instances have`} reported`,
        )
      : bad(
          `signals of ${name}`,
          "no instance has reported yet, so the gate would stay shut",
          `let ${name} post its health to /api/accounts/${status?.account}/signals, or configure its healthUrl`,
        ),
  );

const nextWords = async (app: App, config: AccountConfig, status: StatusBody | null): Promise<string> => {
  if (status === null) return "nothing before the tables can be reached";
  if (status.blocked !== null) return `try again, as it is blocked: ${status.blocked.reason}`;
  if (status.waitingFor !== null) return `wait: ${status.waitingFor.reason}, ${status.waitingFor.detail}`;
  const stored = await app.ports.rotations.read(config.name, { signal: app.ports.clock.abortAfter(app.limits.callMs) });
  const record = stored?.record ?? null;
  if (record === null) return "read the account and adopt the key that the vault holds, or publish the primary key";
  const idle = record.state.phase === "idle" && !scheduledDue(record, config, app.ports.clock.now()).due;
  return idle ? `nothing before ${status.nextDueAt}` : nextStep(record.state);
};
