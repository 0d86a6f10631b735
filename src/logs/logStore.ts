/** Storage for build logs: a directory, an S3 bucket or the log service. Paths are relative, with `/`. */
export interface LogStore {
  /** Stores one object atomically and overwrites an old one. Fails with an Error if the store is down. */
  put(path: string, body: AsyncIterable<Uint8Array> | Uint8Array, contentType: string): Promise<void>;
  /** The URL of the object for people. */
  url(path: string): string;
  /** Deletes objects older than `maxAge` milliseconds. Returns the number of freed bytes. */
  expire(maxAge: number): Promise<number>;
}
