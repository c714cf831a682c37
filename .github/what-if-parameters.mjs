// Writes a parameter file for `az deployment sub what-if`, from infra/main.parameters.json and the variables that azd would read, in the
// form in which `azd pipeline config` stores them. Secrets are left out: what-if needs none, and its answer becomes a comment.
import { readFileSync } from "node:fs";

const leftOut = ["webhookUrl", "webhookSecret", "heartbeatUrl", "heartbeatFail"];
const file = JSON.parse(readFileSync("infra/main.parameters.json", "utf8"));

const valueOf = (written) => {
  const [, name, initial = ""] = /^\$\{(\w+)(?:=(.*))?\}$/.exec(written);
  const text = process.env[name] || initial;
  return /^(?:true|false|\[.*\])$/s.test(text) ? JSON.parse(text) : JSON.parse(`"${text}"`);
};

const parameters = Object.fromEntries(
  Object.entries(file.parameters)
    .filter(([name]) => !leftOut.includes(name))
    .map(([name, { value }]) => [name, { value: valueOf(value) }]),
);
process.stdout.write(`${JSON.stringify({ ...file, parameters })}\n`);
