/** How long what a test waits for may take. A second, as it is by itself, is less than a busy machine sometimes takes. */
export const poll: { readonly timeout: number } = { timeout: 15_000 };
