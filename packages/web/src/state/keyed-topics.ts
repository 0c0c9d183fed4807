import { Topic } from "./topic.ts";

/** A topic for each key, made when somebody first listens. */
export class KeyedTopics {
  readonly #topics = new Map<string, Topic>();

  subscribe(key: string, listener: () => void): () => void {
    const topic = this.#topics.get(key) ?? new Topic();
    this.#topics.set(key, topic);
    const end = topic.subscribe(listener);
    return () => {
      end();
      if (!topic.isHeard && this.#topics.get(key) === topic) this.#topics.delete(key);
    };
  }

  tell(key: string): void {
    this.#topics.get(key)?.tell();
  }
}
