import type * as product from "./product";

/** The app, or a copy of it with something changed. */
export type Product = typeof product;
