import * as z from "zod";
import packageJson from "../../../package.json";
import { problem } from "./answer-schemas";
import { type Content, type Operation, operations, type Parameter } from "./operations";

type Json = Record<string, unknown>;

/** Zod gives each schema with an id a definition of its own; OpenAPI keeps them in one place. */
class Components {
  readonly #schemas = new Map<string, unknown>();

  /** The schema of a value that is sent, with references to the common ones. */
  of(schema: z.ZodType): Json {
    const { $schema: _dialect, $defs = {}, ...rest } = z.toJSONSchema(schema, { io: "input", reused: "inline" });
    for (const [name, definition] of Object.entries($defs)) this.#schemas.set(name, this.#placed(definition));
    return this.#placed(rest);
  }

  get schemas(): Json {
    return Object.fromEntries([...this.#schemas].toSorted(([one], [other]) => (one < other ? -1 : 1)));
  }

  #placed(value: unknown): Json {
    const text = JSON.stringify(value, (name, member: unknown) =>
      name === "id" && typeof member === "string" ? undefined : member,
    );
    const placed: Json = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/'));
    return placed;
  }
}

const parameterOf = ({ schema, ...rest }: Parameter, components: Components): Json => ({
  ...rest,
  required: rest.in === "path",
  schema: components.of(schema),
});

const contentOf = ({ schema, example, also = [] }: Content, components: Components): Json =>
  schema === null && also.length === 0
    ? {}
    : {
        content: {
          ...(schema === null
            ? {}
            : { "application/json": { schema: components.of(schema), ...(example === undefined ? {} : { example }) } }),
          ...Object.fromEntries(also.map((type) => [type, { schema: { type: "string" } }])),
        },
      };

/** Refusals of every operation. */
const common: Readonly<Record<number, string>> = {
  401: "The function key is missing or wrong. The platform answers, without a body.",
  500: "`Unexpected`: a defect.",
  503: "`ConfigurationInvalid`, with every problem; or `Unavailable`: storage or vault is out of reach.",
};

const retryAfter = { "Retry-After": { description: "Seconds.", schema: { type: "string" } } };

const refusalOf = (status: number, description: string, components: Components, page: boolean): Json => ({
  description,
  ...(status === 409 || status === 429 || status === 503 ? { headers: retryAfter } : {}),
  ...(status === 401
    ? {}
    : {
        content: {
          "application/problem+json": { schema: components.of(problem) },
          ...(page ? { "text/html": { schema: { type: "string" } } } : {}),
        },
      }),
});

const answersOf = ({ answers, refusals = {}, page }: Operation, components: Components): Json =>
  Object.fromEntries([
    ...Object.entries(answers).map(([status, content]): [string, Json] => [
      status,
      {
        description: content.description,
        ...(status === "202" || status === "303" ? { headers: { Location: { schema: { type: "string" } } } } : {}),
        ...contentOf(content, components),
      },
    ]),
    ...Object.entries({ ...common, ...refusals }).map(([status, description]): [string, Json] => [
      status,
      refusalOf(Number(status), description, components, page ?? false),
    ]),
  ]);

const operationOf = (operation: Operation, components: Components): Json => {
  const { id, summary, description, parameters = [], body } = operation;
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters: parameters.map((each) => parameterOf(each, components)) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              [body.form ? "application/x-www-form-urlencoded" : "application/json"]: {
                schema: components.of(body.schema),
                example: body.example,
              },
            },
          },
        }),
    responses: answersOf(operation, components),
  };
};

const pathsOf = (components: Components): Json => {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationOf(operation, components) };
  }
  return paths;
};

/** The OpenAPI document, from the schemas that validate requests and those of the answers. */
export const openApiDocument = (): Json => {
  const components = new Components();
  const paths = pathsOf(components);
  return {
    openapi: "3.1.1",
    info: {
      title: packageJson.name,
      version: packageJson.version,
      description: packageJson.description,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/api" }],
    security: [{ functionKey: [] }],
    paths,
    components: {
      securitySchemes: {
        functionKey: {
          type: "apiKey",
          in: "header",
          name: "x-functions-key",
          description: "Each function has its own key.",
        },
      },
      schemas: components.schemas,
    },
  };
};

export const openApiText = (): string => `${JSON.stringify(openApiDocument(), null, 1)}\n`;
