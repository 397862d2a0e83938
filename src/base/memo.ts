// The last results of a function whose result depends on its text alone.

/** The same function; what it made of the last `most` texts is made once. Errors are not kept. */
export function memo<T>(most: number, make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>();
  return (text) => {
    if (made.has(text)) return made.get(text) as T;
    const value = make(text);
    const [oldest] = made.keys();
    if (made.size >= most && oldest !== undefined) made.delete(oldest);
    made.set(text, value);
    return value;
  };
}
