/** Shipped as ES modules, which jest does not load. */
const esmPackages = "https-proxy-agent|http-proxy-agent|agent-base|proxy-agent-negotiate";

/** One project for each kind of test, named after its folder. A folder that does not exist yet adds no tests. */
const project = (name) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testEnvironment: "node",
  transform: { "\\.ts$": "@swc/jest", [`node_modules/(${esmPackages})/.*\\.js$`]: "@swc/jest" },
  transformIgnorePatterns: [`/node_modules/(?!(${esmPackages})/)`],
  modulePathIgnorePatterns: ["<rootDir>/dist"],
});

/** @type {import("jest").Config} */
module.exports = {
  projects: ["unit", "scenarios", "handlers", "contracts", "integration", "e2e", "browser"].map(project),
  coverageProvider: "v8",
  // The rules of rotation decide when a key dies: every branch of them is tested.
  coverageThreshold: { "./lib/rotation/": { branches: 100, functions: 100, lines: 100, statements: 100 } },
  // Ten times what the slowest test without a limit of its own needs on an idle machine: it only ends one that hangs.
  testTimeout: 240_000,
  maxWorkers: 2,
};
