import { expect, test, vi } from "vitest";
import { EventBus } from "../src/index.ts";

const take = async <T>(reader: AsyncIterator<T>, count: number) => {
  const got: (T | "end")[] = [];
  for (let i = 0; i < count; i++) {
    const { done, value } = await reader.next();
    got.push(done ? "end" : value);
  }
  return got;
};

test("every reader gets every event since it came, in order", async () => {
  const bus = new EventBus<number>();
  bus.publish(0);
  const [a, b] = [bus.events(), bus.events()];
  bus.publish(1);
  const waiting = take(b, 2);
  bus.publish(2);
  expect(await take(a, 2)).toEqual([1, 2]);
  expect(await waiting).toEqual([1, 2]);
});

test("a slow reader is told how many it lost, keeps the newest, and slows nobody", async () => {
  const bus = new EventBus<number>({ capacity: 3 });
  const slow = bus.events();
  const seen: number[] = [];
  bus.subscribe((event) => seen.push(event));
  for (let i = 1; i <= 10; i++) bus.publish(i);
  expect(await take(slow, 4)).toEqual([{ type: "lagged", lost: 7 }, 8, 9, 10]);
  expect(seen).toHaveLength(10);
  bus.publish(11);
  expect(await take(slow, 1)).toEqual([11]);
});

test("a closed bus ends its readers once they have read what they hold", async () => {
  const bus = new EventBus<number>();
  const [full, waiting] = [bus.events(), bus.events()];
  const end = (async () => {
    const got: unknown[] = [];
    for await (const event of waiting) got.push(event);
    return got;
  })();
  bus.publish(1);
  bus.close();
  bus.publish(2);
  expect(await end).toEqual([1]);
  expect(await take(full, 2)).toEqual([1, "end"]);
  expect(await take(bus.events(), 1)).toEqual(["end"]);
});

test("a reader that leaves its loop lets go of its buffer", async () => {
  const bus = new EventBus<number>();
  const reader = bus.events();
  bus.publish(1);
  bus.publish(2);
  for await (const event of reader) {
    expect(event).toBe(1);
    break;
  }
  bus.publish(3);
  expect(await take(reader, 1)).toEqual(["end"]);
});

test("a throwing listener harms neither the publisher nor the other listeners", () => {
  const bus = new EventBus<number>();
  const heard = vi.fn();
  const uncaught = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
  bus.subscribe(() => {
    throw new Error("listener bug");
  });
  const off = bus.subscribe(heard);
  bus.publish(1);
  off();
  bus.publish(2);
  expect(heard.mock.calls).toEqual([[1]]);
  expect(uncaught.mock.calls[0]?.[0]).toThrow("listener bug");
  uncaught.mockRestore();
});
