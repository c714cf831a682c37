import { createRequire } from "node:module";
import path from "node:path";
import * as original from "../fakes/world/product";
import type { Product } from "../fakes/world/product-type";

/**
 * What the simulation runs: this project, or, where the setting SIMULATED_PRODUCT names one, a bundle of
 * `test/fakes/world/product.ts` with one change. A test uses this to show that the simulation notices a missing
 * safety rule.
 */
export const loadProduct = (file = process.env["SIMULATED_PRODUCT"]): Product =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- bundled from the very module that `original` is
  file ? (createRequire(__filename)(path.resolve(file)) as Product) : original;
