/** Where build logs land: a directory, later S3 or the log service. Paths are relative, with `/`. */
export interface LogStore {
  /** Stores one object as a whole: it is there complete or not at all. Overwrites. Fails with an Error when the store is down. */
  put(path: string, body: AsyncIterable<Uint8Array> | Uint8Array, contentType: string): Promise<void>;
  /** The address under which people open it. */
  url(path: string): string;
  /** Deletes what is older than `maxAge` milliseconds; returns the bytes freed. */
  expire(maxAge: number): Promise<number>;
}
