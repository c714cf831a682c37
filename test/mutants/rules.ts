/** One safety rule, and the replacement of a text of the product that switches it off. */
export interface SafetyRule {
  readonly rule: string;
  /** The consequence without it. */
  readonly without: string;
  readonly file: string;
  readonly text: string;
  readonly instead: string;
  /** The part of the suite that must fail. */
  readonly caughtBy: { readonly simulation: true } | { readonly jest: string; readonly test: string };
}

const simulation = { simulation: true } as const;

export const safetyRules: readonly SafetyRule[] = [
  {
    rule: "the gate stays shut until every consumer has confirmed",
    without: "the previous key dies while apps use it",
    file: "lib/rotation/gate/gate.ts",
    text: "else return { open: false, ...found };",
    instead: "else override = found.reason;",
    caughtBy: simulation,
  },
  {
    rule: "an account is adopted only behind the gate",
    without: "an app that still uses the standby key loses it in the first rotation",
    file: "lib/driver/steps.ts",
    text: "const found = await askGate({ ...state, active }, context);\n  return found.open",
    instead: "const found = { open: true, override: null } as const;\n  return found.open",
    caughtBy: simulation,
  },
  {
    rule: "an instance that is known keeps the gate shut, however long it is silent",
    without: "the gate opens although an instance is on the previous key and has not reported since",
    file: "lib/rotation/gate/consumers.ts",
    text: "const knownFrom = plusMs(toInstant(now), -gate.forgetInstanceAfterMs);",
    instead: "const knownFrom = plusMs(toInstant(now), -gate.signalFreshnessMs);",
    caughtBy: { jest: "unit", test: "rotation/gate/consumers" },
  },
  {
    rule: "vault and live keys are compared before a key is regenerated",
    without: "a key that was published manually is regenerated while apps read it",
    file: "lib/driver/reconcile.ts",
    text: "  if (newest === null || slot === null) return drifted(context, state, snapshot);",
    instead: [
      '  if (state && answer) return { kind: "agrees", snapshot };',
      "  if (newest === null || slot === null) return drifted(context, state, snapshot);",
    ].join("
"),
    caughtBy: simulation,
  },
  {
    rule: "a slot whose regenerate may still be in flight is not regenerated",
    without: "a late request replaces a key that has been published meanwhile",
    file: "lib/rotation/needs-driver.ts",
    text: "return quarantine !== null && (quarantine.slot !== null || mayRegenerateNext(record.state.phase));",
    instead: "return quarantine !== null && mayRegenerateNext(record.state.phase) && quarantine === record.hold;",
    caughtBy: simulation,
  },
  {
    rule: "a claim that expired unsettled starts a quarantine",
    without: "a request of a dead driver is applied after its successor's",
    file: "lib/rotation/claim.ts",
    text: "    record.claim === null\n      ? record.quarantine",
    instead: "    record.claim === null || record.claim !== null\n      ? record.quarantine",
    caughtBy: simulation,
  },
  {
    rule: "a live claim keeps other drivers out",
    without: "two drivers work on one account at the same time",
    file: "lib/driver/lease.ts",
    text: 'if (known !== null && claimIsLive(known.record, now)) return { kind: "busy", claim: known.record.claim };',
    instead: "",
    caughtBy: simulation,
  },
  {
    rule: "a record is written only if it is unchanged since it was read",
    without: "the loser of a race overwrites the change of the winner",
    file: "lib/azure/tables/tables.ts",
    text: ': client.updateEntity(row, "Replace", { etag, abortSignal });',
    instead: ': client.updateEntity(row, "Replace", { etag: etag === "" ? etag : "*", abortSignal });',
    caughtBy: { jest: "contracts", test: "azure/tables" },
  },
  {
    rule: "a write whose answer was lost is read back before it counts as a lost race",
    without: "a driver takes its own write for another driver's and leaves its claim behind",
    file: "lib/azure/tables/tables.ts",
    text: 'if (found !== null && isOwn(found)) return { kind: "written", etag: found.etag };',
    instead: "",
    caughtBy: { jest: "contracts", test: "azure/tables" },
  },
  {
    rule: "a regenerate is sent once, even if its answer is lost",
    without: "the SDK repeats a lost request and replaces the key again",
    file: "lib/azure/sdk/pipeline.ts",
    text: "export const noRetries = { maxRetries: 0 } as const;",
    instead: "export const noRetries = { maxRetries: 3, retryDelayInMs: 10 } as const;",
    caughtBy: { jest: "contracts", test: "azure/batch-keys" },
  },
  {
    rule: "a new key is published only after a signed call with it was accepted",
    without: "apps read a key that Batch does not accept yet",
    file: "lib/driver/steps.ts",
    text: "    if (refused) return newKeyNotAcceptedYet(target);",
    instead: '    if (refused && state.phase !== "regenerated") return newKeyNotAcceptedYet(target);',
    caughtBy: simulation,
  },
  {
    rule: "a lost publication forbids regenerating for a while",
    without: "a late publication makes a dead key the newest version, because the key was regenerated meanwhile",
    file: "lib/driver/failure.ts",
    text: "{ slot, since, until: plusMs(since, quarantineMs) }",
    instead: "{ slot, since, until: slot === null ? since : plusMs(since, quarantineMs) }",
    caughtBy: { jest: "scenarios", test: "late-publication" },
  },
  {
    rule: "a proof is checked against the key of the version that it names",
    without: "any caller with the function's key can open the gate",
    file: "lib/signals/verify-signal.ts",
    text: 'return proofHolds(claims, claims.proof, version.key) ? "proven" : "refused";',
    instead: 'return proofHolds(claims, claims.proof, version.key) ? "proven" : "proven";',
    caughtBy: { jest: "handlers", test: "forged" },
  },
  {
    rule: "an unhealthy signal counts, however late it arrives",
    without: "an unhealthy report that arrives late is ignored, and the gate opens",
    file: "lib/rotation/gate/signals.ts",
    text: "{ accepted: true, report: lateUnhealthy(known, signal, receivedAt) };",
    instead: "{ accepted: lateUnhealthy(known, signal, receivedAt) === null, report: known };",
    caughtBy: { jest: "unit", test: "rotation/gate/signals" },
  },
  {
    rule: "a roll-back is recorded before it publishes",
    without: "after a crash the rotation that was rolled back starts again",
    file: "lib/operations/operate-account.ts",
    text: "change: { rollback: asked, failure: null, hold: null } };",
    instead: "change: { failure: null, hold: null } };",
    caughtBy: { jest: "unit scenarios handlers integration e2e", test: "roll-?back|operate" },
  },
  {
    rule: "the slot to regenerate is recorded before the request is sent",
    without: "after a crash no record shows that a key may have been replaced, or may still be",
    file: "lib/driver/lease.ts",
    text: "await this.write({ ...this.record, claim: { ...claim, intent } });",
    instead: "this.keep({ ...this.record, claim: { ...claim, intent } });",
    caughtBy: simulation,
  },
  {
    rule: "a driver whose claim is about to expire sends no request",
    without: "a process that was frozen continues and regenerates the key that its successor has published",
    file: "lib/driver/lease.ts",
    text: "const spareMs = leftMs - this.limits.claimMs / 10;",
    instead: "const spareMs = Number.isNaN(leftMs) ? 0 : this.limits.callMs;",
    caughtBy: simulation,
  },
  {
    rule: "a previous key that has already been replaced is not regenerated again",
    without: "a repeated step replaces the key a second time",
    file: "lib/driver/steps.ts",
    text: "const byOthers = old?.enabled === true && !keys[previous].equals(old.key);",
    instead: "const byOthers = old?.enabled === true && keys[previous] === undefined;",
    caughtBy: { jest: "scenarios", test: "crash|lost-answers" },
  },
  {
    rule: "a rotation ends only once the old key is refused",
    without: "a rotation of a leaked key is reported as complete while the key still works",
    file: "lib/driver/steps.ts",
    text: "if (slotOf(keys, old.key) !== null || (await probeAccepts(context, old.key))) {",
    instead: "if (slotOf(keys, old.key) !== null) {",
    caughtBy: { jest: "handlers", test: "reasons" },
  },
  {
    rule: "an alarm is kept until its receiver accepts it",
    without: "the alarm of a stalled rotation is lost, because the webhook was down for a minute",
    file: "lib/alarms/send-deliveries.ts",
    text: "rest = next === null ? rest.slice(1) : [next, ...rest.slice(1)];",
    instead: "rest = rest.slice(1);",
    caughtBy: simulation,
  },
  {
    rule: "an event leaves the record only when the history has it",
    without: "the audit has gaps that look like manual changes",
    file: "lib/driver/outbox-relay.ts",
    text: "await this.ports.history.append(event, this.lease.call());",
    instead: "await this.ports.history.append(event, this.lease.call()).catch(() => undefined);",
    caughtBy: simulation,
  },
  {
    rule: "what was announced while a record could not be read enters its history once",
    without: "the history holds the alarm of an unreadable record twice after a crash",
    file: "lib/driver/outbox-relay.ts",
    text: "const missing = backlog.filter(({ id }) => !known.has(id));",
    instead: "const missing = backlog.filter(({ id }) => !known.has(id) || id !== first.detail);",
    caughtBy: simulation,
  },
  {
    rule: "the record names the events that are removed because of their age before they are removed",
    without: "the history has a gap that looks like a manual change",
    file: "lib/driver/outbox-relay.ts",
    text: "const { prunedThrough } = this.#record.chain;",
    instead: "const prunedThrough = Math.max(through, this.#record.chain.prunedThrough + 1);",
    caughtBy: simulation,
  },
  {
    rule: "a first record continues the history that is there",
    without: "the events of a new record collide with those of the deleted one and never reach the history",
    file: "lib/driver/lease.ts",
    text: "if (newest === undefined) return first;",
    instead: "if (newest === undefined || newest.sequence > 0) return first;",
    caughtBy: simulation,
  },
];
