import { Ajv } from "ajv";
import type { Sbom } from "../../tools/release/sbom";

const text = { type: "string", minLength: 1 } as const;
const licence = {
  type: "object",
  oneOf: [
    {
      required: ["license"],
      properties: { license: { type: "object", anyOf: [{ required: ["id"] }, { required: ["name"] }] } },
    },
    { required: ["expression"], properties: { expression: text } },
  ],
} as const;
const hash = {
  type: "object",
  required: ["alg", "content"],
  properties: {
    alg: { enum: ["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512", "SHA3-256", "SHA3-512"] },
    content: { type: "string", pattern: "^([a-f0-9]{32}|[a-f0-9]{40}|[a-f0-9]{64}|[a-f0-9]{96}|[a-f0-9]{128})$" },
  },
} as const;
const component = {
  type: "object",
  required: ["bom-ref", "type", "name", "version", "purl", "licenses"],
  properties: {
    "bom-ref": text,
    type: { enum: ["application", "framework", "library", "platform", "file"] },
    name: text,
    version: text,
    purl: { type: "string", pattern: "^pkg:npm/" },
    scope: { enum: ["required", "optional", "excluded"] },
    licenses: { type: "array", minItems: 1, items: licence },
    hashes: { type: "array", items: hash },
  },
} as const;

/** The rules of CycloneDX 1.5 for the members that npm writes. */
const schema = {
  type: "object",
  required: ["bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "dependencies"],
  properties: {
    bomFormat: { const: "CycloneDX" },
    specVersion: { const: "1.5" },
    serialNumber: {
      type: "string",
      pattern: "^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    },
    version: { type: "integer", minimum: 1 },
    metadata: { type: "object", required: ["timestamp", "tools", "component"], properties: { component } },
    components: {
      type: "array",
      items: { ...component, required: [...component.required, "hashes"] },
    },
    dependencies: {
      type: "array",
      items: {
        type: "object",
        required: ["ref"],
        properties: { ref: text, dependsOn: { type: "array", items: text } },
      },
    },
  },
} as const;

const valid = new Ajv({ allErrors: true }).compile(schema);

const repeated = (names: readonly string[]): readonly string[] => names.filter((name, i) => names.indexOf(name) !== i);

/** What is wrong with a bill of materials. */
export const sbomProblems = (sbom: Sbom): readonly string[] => {
  const refs = [sbom.metadata.component, ...sbom.components].map((one) => one["bom-ref"]);
  const named = sbom.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]);
  const wrong = valid(sbom)
    ? []
    : (valid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  return [
    ...wrong,
    ...repeated(refs).map((ref) => `${ref} is twice in it`),
    ...[...new Set(named)].filter((ref) => !refs.includes(ref)).map((ref) => `${ref} is no component`),
  ];
};
