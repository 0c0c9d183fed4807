/** Calls `listener` at each rejection that nobody handles, in Node and in a browser, until the function it gives. */
export function onUnhandledRejection(listener: () => void): () => void {
  if (globalThis.process) {
    process.on("unhandledRejection", listener);
    return () => process.off("unhandledRejection", listener);
  }
  const page = globalThis as unknown as EventTarget;
  page.addEventListener("unhandledrejection", listener);
  return () => page.removeEventListener("unhandledrejection", listener);
}
