import type { Locator, Page } from "playwright";

/** The row of an app's first instance, in the overview of the shop. */
export function row(page: Page, name: string): Locator {
  return page.locator(`tr[data-instance="shop/${name}/1"]`);
}

/** Resolves when the row shows that state. */
export async function state(page: Page, name: string, is: string): Promise<void> {
  await row(page, name).locator(`[data-state="${is}"]`).waitFor();
}
