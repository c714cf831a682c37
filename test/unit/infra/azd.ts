import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/*
 * What azd 1.32 does with azure.yaml and main.parameters.json before anything reaches Azure, as its sources show. The
 * file of each rule is named where it is modelled.
 */

export interface Service {
  readonly host: string;
  readonly language: string;
  readonly dist?: string;
  readonly remoteBuild?: boolean;
  readonly hooks?: { readonly prepackage?: { readonly posix?: { readonly run: string } } };
}

/** `language.custom` in alpha_features.yaml is off by default. */
const builtInLanguages = ["dotnet", "csharp", "fsharp", "js", "ts", "python", "py", "java", "go", "docker"];

export const languageProblem = ({ language }: Service): string | null =>
  builtInLanguages.includes(language) ? null : `language ${language} must be enabled as an alpha feature`;

/** Whether an ignore file leaves out node_modules, decided by git: azd uses the same rules. */
const leavesOutModules = (ignoreFile: string): boolean => {
  const folder = mkdtempSync(path.join(tmpdir(), "azd-"));
  try {
    mkdirSync(path.join(folder, "node_modules"));
    writeFileSync(path.join(folder, ".gitignore"), ignoreFile);
    spawnSync("git", ["init", "--quiet"], { cwd: folder });
    return spawnSync("git", ["check-ignore", "--quiet", "node_modules"], { cwd: folder }).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** service_target_functionapp.go, `resolveFunctionAppRemoteBuild`: whether Azure builds, or why azd stops. */
export const remoteBuildOf = ({ remoteBuild }: Service, ignoreFile: string | null): boolean | string => {
  if (ignoreFile === null) return remoteBuild ?? true;
  const leftOut = leavesOutModules(ignoreFile.replace(/^\uFEFF/, ""));
  if (remoteBuild === undefined) return leftOut;
  if (remoteBuild === leftOut) return remoteBuild;
  return remoteBuild
    ? "remoteBuild: true requires .funcignore to exclude node_modules"
    : "remoteBuild: false cannot be used when .funcignore excludes node_modules";
};

/** service_manager.go, `Package`, and framework_service_node.go: the commands of `azd package`, in order. */
export const packagingSteps = ({ language, hooks }: Service): readonly string[] => {
  const hook = hooks?.prepackage?.posix?.run;
  const before = hook === undefined ? [] : [hook];
  if (language !== "ts" && language !== "js") return before;
  return ["npm install --no-audit --no-fund --prefer-offline", ...before, "npm run build --if-present"];
};

/** project_utils.go, `createDeployableZip`: whether a file of the packaged folder is left out of the zip. */
export const isLeftOut = (file: string): boolean =>
  file === "local.settings.json" || file === ".funcignore" || file.split("/").includes(".azure");

type Environment = Readonly<Record<string, string | undefined>>;

/** The library drone/envsubst: a default counts for an empty value too, and ends at the first closing brace. */
const substitute = (text: string, env: Environment): { readonly text: string; readonly hasUnset: boolean } => {
  let hasUnset = false;
  const replaced = text.replace(/\$\{(\w+)(?:=([^}]*))?\}/g, (_whole, name: string, fallback = "") => {
    if (env[name] === undefined) hasUnset = true;
    return env[name] || fallback;
  });
  return { text: replaced, hasUnset };
};

export interface ParameterDefinition {
  readonly type: "array" | "object" | "bool" | "int" | "string";
  readonly hasDefault: boolean;
}

/** What reaches the template: a value, its own default, a question to the user, or the problem that stops azd. */
export type Resolved =
  | { readonly value: unknown }
  | { readonly problem: string }
  | "the template's default"
  | "a question";

const parsed = (text: string): { readonly value: unknown } | { readonly problem: string } => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: `${text} is not valid JSON` };
  }
};

/** bicep_provider.go, `armParameterFileValue`: null where the parameter counts as not given. */
const asDeclared = (value: unknown, { type }: ParameterDefinition): unknown => {
  if (typeof value !== "string") return value;
  if (type === "bool") return { true: true, false: false }[value.toLowerCase()] ?? null;
  if (type === "int") return /^-?\d+$/.test(value) ? Number(value) : null;
  return value === "" ? null : value;
};

/** bicep_provider.go, `loadParameters` and `ensureParameters`. */
export const resolveParameter = (written: unknown, declared: ParameterDefinition, env: Environment): Resolved => {
  const otherwise = declared.hasDefault ? "the template's default" : "a question";
  const isList = declared.type === "array" || declared.type === "object";
  const { text, hasUnset } =
    isList && typeof written === "string" ? substitute(written, env) : substitute(JSON.stringify(written), env);
  if (isList && text === "" && hasUnset) return otherwise;
  const result = parsed(text);
  if ("problem" in result) return result;
  const value = asDeclared(result.value, declared);
  return value === null ? otherwise : { value };
};

/** pipeline.go, `escapeValuesForPipeline`: what `azd pipeline config` stores. Go also escapes these three marks. */
export const escapedForPipeline = (value: string): string =>
  JSON.stringify(value)
    .slice(1, -1)
    .replace(/[<>&]/g, (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`);
