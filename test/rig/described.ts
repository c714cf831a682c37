import { readFileSync } from "node:fs";
import path from "node:path";
import Ajv2020, { type ValidateFunction } from "ajv/dist/2020";

interface MediaType {
  readonly schema: object;
  readonly example?: unknown;
}

interface Response {
  readonly content?: Readonly<Record<string, MediaType>>;
}

export interface OpenApi {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { operationId: string; responses: Record<string, Response> }>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

export const openApiFile = path.join(__dirname, "../../docs/openapi.json");
export const readDocument = (): OpenApi => JSON.parse(readFileSync(openApiFile, "utf8"));

/** An answer as a caller receives it. */
export interface Answered {
  readonly method: string;
  /** Under `/api`, with or without a query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A client ignores members that it does not know; a test must not: what is not described is found. */
const strict = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, strict(member)]));
  return "properties" in members && !("additionalProperties" in members)
    ? { ...members, additionalProperties: false }
    : members;
};

const patternOf = (template: string): RegExp =>
  new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+").replaceAll(".", "\\.")}$`);

type Schemas = OpenApi["components"]["schemas"];

/** With what each reference stands for in its place. */
const resolved = (value: unknown, schemas: Schemas): unknown => {
  if (Array.isArray(value)) return value.map((item) => resolved(item, schemas));
  if (typeof value !== "object" || value === null) return value;
  if ("$ref" in value) return resolved(schemas[String(value.$ref).split("/").at(-1) ?? ""], schemas);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolved(member, schemas)]));
};

const newAjv = () => new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
const asSchema = (value: unknown): object => Object(value);

class Description {
  readonly #ajv = newAjv();
  readonly #checks = new Map<object, ValidateFunction>();
  readonly #routes: readonly (readonly [RegExp, OpenApi["paths"][string]])[];

  constructor(private readonly document: OpenApi) {
    this.#routes = Object.entries(document.paths)
      // A fixed part wins over a parameter.
      .toSorted(([one], [other]) => one.split("{").length - other.split("{").length)
      .map(([template, operations]) => [patternOf(template), operations] as const);
  }

  /** What is wrong with an answer; null where it is as the document says. */
  problemWith({ method, path: asked, status, headers, text }: Answered): string | null {
    const name = asked.replace(/\?.*$/, "");
    const possible = this.#routes.filter(([pattern]) => pattern.test(name));
    const [operation] = possible.flatMap(([, operations]) => operations[method.toLowerCase()] ?? []);
    // The platform answers what no function does.
    if (operation === undefined) return status === 404 || status === 405 ? null : `${method} ${name} is not described`;
    const { operationId: id, responses } = operation;
    const described = responses[status];
    if (described === undefined) return `${id} does not describe ${status}`;
    const type = (headers["content-type"] ?? "").replace(/;.*$/, "");
    if (described.content === undefined) return text === "" ? null : `${id} ${status} has a body`;
    const media = described.content[type];
    if (media === undefined) return `${id} ${status} does not describe ${type}`;
    return type.endsWith("json") ? this.#differences(`${id} ${status}`, media.schema, JSON.parse(text)) : null;
  }

  #differences(what: string, schema: object, body: unknown): string | null {
    const check = this.#checks.get(schema) ?? this.#compiled(schema);
    if (check(body)) return null;
    const names = check.errors?.map(({ params }) => JSON.stringify(params)).join(" ");
    return `${what}: ${this.#ajv.errorsText(check.errors)} ${names}`;
  }

  #compiled(schema: object): ValidateFunction {
    const check = this.#ajv.compile(asSchema(strict(resolved(schema, this.document.components.schemas))));
    this.#checks.set(schema, check);
    return check;
  }
}

/** Every example of the document, and what is wrong with it. */
export const examplesOf = (document: OpenApi): readonly { readonly at: string; readonly problem: string | null }[] => {
  const ajv = newAjv();
  const visit = (value: unknown, at: string): { at: string; problem: string | null }[] => {
    if (typeof value !== "object" || value === null) return [];
    const below = Object.entries(value).flatMap(([name, member]) => visit(member, `${at}/${name}`));
    if (!("schema" in value && "example" in value)) return below;
    const good = ajv.validate(asSchema(resolved(value.schema, document.components.schemas)), value.example);
    return [...below, { at, problem: good ? null : `${at}: ${ajv.errorsText()}` }];
  };
  return visit(document.paths, "");
};

let description: Description | null = null;

export const problemWith = (answer: Answered): string | null => {
  description ??= new Description(readDocument());
  return description.problemWith(answer);
};

/** Throws where an answer is not as docs/openapi.json says. */
export const checkDescribed = (answer: Answered): void => {
  const problem = problemWith(answer);
  if (problem !== null) throw new Error(`not as docs/openapi.json says (npm run schema writes it): ${problem}`);
};
