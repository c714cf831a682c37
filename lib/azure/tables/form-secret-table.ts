import { randomBytes } from "node:crypto";
import { TransientServiceError } from "../../errors";
import type { CallOptions } from "../../ports/call";
import type { FormSecret } from "../../ports/form-secret";
import type { StoredRow } from "./rows/rows";
import type { Table } from "./tables";

/** Names of accounts are in lower case, so none is this one. */
const key = { partitionKey: "Page", rowKey: "formSecret" } as const;

const maxRace = 5;

/** 32 bytes in base64 for URLs. */
const form = /^[A-Za-z0-9_-]{43}$/;

const secretIn = (row: StoredRow | null): string | null => {
  const text = row?.["secret"];
  return typeof text === "string" && form.test(text) ? text : null;
};

/** One row beside the rotation records, made once and never changed. One that is no secret is replaced. */
export class FormSecretTable implements FormSecret {
  readonly #table: Table;
  #known: string | null = null;

  constructor(rotations: Table) {
    this.#table = rotations;
  }

  async read(options: CallOptions): Promise<string> {
    this.#known ??= await this.#readOrMake(options);
    return this.#known;
  }

  async #readOrMake(options: CallOptions): Promise<string> {
    let row = await this.#table.read(key, options);
    for (let attempt = 1; attempt <= maxRace; attempt++) {
      const found = secretIn(row);
      if (found !== null) return found;
      const secret = randomBytes(32).toString("base64url");
      const outcome = await this.#table.writeConditional({ ...key, secret }, row?.etag ?? null, options);
      if (outcome.kind === "written") return secret;
      row = outcome.found;
    }
    throw new TransientServiceError({ operation: `Tables insert entity in ${this.#table.name}` });
  }
}
