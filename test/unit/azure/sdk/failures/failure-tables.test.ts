import { armFailures } from "../../../../../lib/azure/sdk/failures/arm-failures";
import { batchFailures } from "../../../../../lib/azure/sdk/failures/batch-failures";
import { diagnosed, type FailureRow, rowOf } from "../../../../../lib/azure/sdk/failures/failure-row";
import { graphFailures } from "../../../../../lib/azure/sdk/failures/graph-failures";
import { identityFailures } from "../../../../../lib/azure/sdk/failures/identity-failures";
import { networkFailures } from "../../../../../lib/azure/sdk/failures/network-failures";
import {
  batchRefusal,
  type Diagnose,
  graphRefusal,
  tableRefusal,
  vaultRefusal,
} from "../../../../../lib/azure/sdk/failures/refusals";
import { readFailure } from "../../../../../lib/azure/sdk/failures/sdk-failure";
import { toServiceError } from "../../../../../lib/azure/sdk/failures/service-errors";
import { tableFailures } from "../../../../../lib/azure/sdk/failures/table-failures";
import { vaultFailures } from "../../../../../lib/azure/sdk/failures/vault-failures";
import { OperatorNeededError, TransientServiceError } from "../../../../../lib/errors";
import { anAccount } from "../../../../builders/account";
import { aDiscovery } from "../../../../builders/discovery";
import { type AnErrorOf, aNamedError, anSdkError } from "../sdk-error-builder";

const { batch, secret } = anAccount();
const { config: discovery } = aDiscovery();

type Row = Pick<FailureRow<never>, "status" | "codes" | "lasts" | "cause">;

interface Service {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly diagnose: Diagnose;
  /** Where the SDK leaves a code of this service. */
  readonly coded: (code: string) => Partial<AnErrorOf>;
}

const services: readonly Service[] = [
  {
    name: "Resource Manager",
    rows: armFailures,
    diagnose: batchRefusal(batch, "listKeys"),
    coded: (code) => ({ code }),
  },
  {
    name: "Resource Graph",
    rows: graphFailures,
    diagnose: graphRefusal(discovery),
    coded: (code) => ({ code }),
  },
  {
    name: "Key Vault",
    rows: vaultFailures,
    diagnose: vaultRefusal(secret, "set"),
    coded: (code) =>
      code.startsWith("AKV") ? { message: `${code}: refused.` } : { code: "Forbidden", innerCode: code },
  },
  {
    name: "Table Storage",
    rows: tableFailures,
    diagnose: tableRefusal("BatchKeyRotations", "https://rotatorstore.table.core.windows.net"),
    coded: (odataCode) => ({ odataCode }),
  },
  {
    name: "Batch",
    rows: batchFailures,
    diagnose: (failure) => diagnosed(rowOf(batchFailures, failure), "renderweu"),
    coded: (code) => ({ code }),
  },
];

const translated = (refusal: Diagnose, error: unknown) =>
  toServiceError(readFailure(error), { operation: "a call", effect: "read", refusal });

/** What an operator learns from an error. */
const learned = (error: Error): Partial<Row> & { readonly remedy?: string | undefined } => {
  if (error instanceof OperatorNeededError)
    return { lasts: error.reason, cause: error.what.split(": ")[1] ?? "", remedy: error.remedy };
  if (error instanceof TransientServiceError)
    return { lasts: null, cause: error.hint?.cause ?? "", remedy: error.hint?.remedy };
  return {};
};

const answers = services.flatMap(({ name, rows, diagnose, coded }) =>
  rows.flatMap((row) =>
    (row.codes.length === 0 ? ["SomethingElse"] : row.codes).map(
      (code) => [name, row.status, code, row, diagnose, coded] as const,
    ),
  ),
);

describe("every answer", () => {
  it.each(answers)("of %s with status %i and code %s has a cause and a remedy", (_name, status, code, row, ...how) => {
    const [diagnose, coded] = how;
    const found = learned(translated(diagnose, anSdkError({ status: status ?? 0, ...coded(code) })));
    expect(found).toEqual({
      lasts: row.lasts,
      cause: row.cause,
      remedy: expect.stringMatching(/^[a-zA-Z].{15,}[^.]$/s),
    });
  });

  it.each(services)("of $name with status 400, 401, 403, 404 or 409 is known, whatever its code", ({ diagnose }) => {
    for (const status of [400, 401, 403, 404, 409])
      expect(learned(translated(diagnose, anSdkError({ status, code: "NeverSeen" }))).cause).toBeTruthy();
  });

  it.each(services)("of $name has a cause of its own", ({ rows }) => {
    const causes = rows.map(({ status, cause }) => `${status} ${cause}`);
    expect(new Set(causes).size).toBe(causes.length);
    const codes = rows.flatMap((row) => row.codes.map((code) => `${row.status} ${code}`));
    expect(new Set(codes).size).toBe(codes.length);
  });

  it.each(services)("of $name with status 500 says nothing about its cause", ({ diagnose }) => {
    const error = translated(diagnose, anSdkError({ status: 500, code: "InternalError" }));
    expect([error.name, learned(error).cause]).toEqual(["TransientServiceError", ""]);
  });
});

const noAnswer = networkFailures.flatMap((row) => row.examples.map((code) => [code, row] as const));
const arm = batchRefusal(batch, "listKeys");

describe("every failure without an answer", () => {
  it.each(noAnswer)("with code %s has a cause and a remedy", (code, row) => {
    const found = learned(translated(arm, anSdkError({ code })));
    expect(found).toEqual({ lasts: row.lasts, cause: row.cause, remedy: row.remedy });
    expect(row.remedy).toMatch(/^[a-z].{15,}[^.]$/);
    // A connection that does not come about leaves no outcome unknown.
    const change = toServiceError(readFailure(anSdkError({ code })), {
      operation: "a call",
      effect: "change",
      refusal: arm,
    });
    expect(change.name === "OperatorNeededError").toBe(row.lasts !== null);
  });

  it("is matched by the first row that fits it", () => {
    for (const [code, row] of noAnswer) expect(networkFailures.find((each) => each.code.test(code))).toBe(row);
  });
});

/** What the identity's library throws, and the code of the table that it stands for. */
const ofIdentity: readonly (readonly [string, unknown])[] = [
  ...identityFailures
    .flatMap(({ codes }) => codes)
    .filter((code) => code.startsWith("AADSTS"))
    .map((code) => {
      const errorResponse = { errorDescription: `${code}: it was refused. Trace ID: 1` };
      return [code, aNamedError("AuthenticationError", { statusCode: 401, errorResponse })] as const;
    }),
  ...[400, 401, 403, 404].map(
    (status) => ["IdentityRefused", aNamedError("CredentialUnavailableError", { cause: { status } })] as const,
  ),
  ["IdentityUnreachable", aNamedError("CredentialUnavailableError", { cause: { errorCode: "network_error" } })],
  ["IdentityUnreachable", aNamedError("AuthenticationError", { statusCode: 503 })],
  ["AuthenticationError", aNamedError("AuthenticationError", { statusCode: 400 })],
  ["CredentialUnavailableError", aNamedError("CredentialUnavailableError")],
  ["AggregateAuthenticationError", aNamedError("AggregateAuthenticationError")],
  ["AuthenticationRequiredError", aNamedError("AuthenticationRequiredError")],
];

describe("every failure to get a token", () => {
  it.each(ofIdentity)("that is %s has a cause and a remedy, and nothing was sent", (code, error) => {
    const row = identityFailures.find(({ codes }) => codes.includes(code));
    const change = toServiceError(readFailure(error), { operation: "a call", effect: "change", refusal: arm });
    for (const thrown of [change, translated(arm, error)]) {
      expect(learned(thrown)).toEqual({ lasts: row?.lasts, cause: row?.cause, remedy: row?.remedy() });
      expect(thrown.facts.code).toBe(code);
    }
  });

  it("is in the table", () => {
    const known = new Set([...ofIdentity.map(([code]) => code), "NoManagedIdentity"]);
    expect(identityFailures.flatMap(({ codes }) => codes).filter((code) => !known.has(code))).toEqual([]);
  });
});
