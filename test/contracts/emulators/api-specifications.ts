import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv, { type ValidateFunction } from "ajv";
import { isObject } from "../../emulators/wire";

/** Azure's REST specifications with examples and recorded answers; not part of the project and possibly absent. */
export const specificationsFolder = join(__dirname, "..", "..", "..", "..", "shared", "azure-specs");

export const specificationsPresent = existsSync(specificationsFolder);

type Json = Readonly<Record<string, unknown>>;

export const readJson = (...path: readonly string[]): Json => {
  const value: unknown = JSON.parse(readFileSync(join(specificationsFolder, ...path), "utf8"));
  if (!isObject(value)) throw new Error(`${path.join("/")} is no JSON object`);
  return value;
};

export const memberOf = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((found, name) => {
    if (isObject(found)) return found[name];
    return Array.isArray(found) ? found[Number(name)] : undefined;
  }, value);

/** Swagger 2 has `x-nullable`, and allows members beside `$ref` that JSON Schema does not allow there. */
const toJsonSchema = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(toJsonSchema);
  if (!isObject(value)) return value;
  const nullable = value["x-nullable"] === true;
  if (typeof value["$ref"] === "string") {
    const reference = { $ref: value["$ref"] };
    return nullable ? { anyOf: [reference, { type: "null" }] } : reference;
  }
  const schema = Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.startsWith("x-") && name !== "readOnly" && name !== "discriminator")
      .map(([name, inner]) => [name, toJsonSchema(inner)]),
  );
  if (!nullable || typeof schema["type"] !== "string") return schema;
  const { enum: values, type, ...others } = schema;
  return { ...others, type: [type, "null"], ...(Array.isArray(values) ? { enum: [...values, null] } : {}) };
};

export interface Specification {
  /** The problems of an operation's answer, with JSON pointers; empty where it conforms. */
  problems(operationId: string, status: number, body: unknown): readonly string[];
}

export const loadSpecification = (file: string): Specification => {
  const document = readJson(file);
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: "specification", definitions: toJsonSchema(document["definitions"]) });
  const compiled = new Map<string, ValidateFunction>();
  const compile = (operationId: string, status: number): ValidateFunction => {
    const name = `${operationId} ${status}`;
    const known = compiled.get(name);
    if (known !== undefined) return known;
    const responses = memberOf(operationOf(document, operationId), "responses");
    const schema = memberOf(responses, `${status}`, "schema") ?? memberOf(responses, "default", "schema");
    if (!isObject(schema)) throw new Error(`the specification has no answer for ${name}`);
    const text = JSON.stringify(toJsonSchema(schema)).replaceAll('"#/definitions/', '"specification#/definitions/');
    const validate = ajv.compile(JSON.parse(text));
    compiled.set(name, validate);
    return validate;
  };
  return {
    problems: (operationId, status, body) => {
      const validate = compile(operationId, status);
      validate(body);
      return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`);
    },
  };
};

const operationOf = (document: Json, operationId: string): unknown => {
  const operations = Object.values(isObject(document["paths"]) ? document["paths"] : {}).flatMap((path) =>
    Object.values(isObject(path) ? path : {}),
  );
  const found = operations.find((operation) => isObject(operation) && operation["operationId"] === operationId);
  if (found === undefined) throw new Error(`the specification has no operation ${operationId}`);
  return found;
};

/**
 * Every path to a member, sorted, without array indexes: two bodies of the same shape have the same paths.
 * Names below `tags` are chosen by users, so they do not count.
 */
export const shapeOf = (value: unknown, at = ""): readonly string[] => {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => shapeOf(item, `${at}[]`)))].toSorted();
  if (!isObject(value) || at.endsWith(".tags")) return [at];
  return Object.entries(value)
    .flatMap(([name, inner]) => shapeOf(inner, `${at}.${name}`))
    .toSorted();
};
