// How much one target may ask for. Its records are written by others, and each name in them causes
// work for this machine and for their servers.

/** Of MX or SRV records. Large providers have half as many. */
export const MOST_HOSTS = 16;
/** Of one host, both families together. */
export const MOST_ADDRESSES = 16;
/** Of a TLSA RRset: more do not fit into an answer that clients accept. */
export const MOST_RECORDS = 64;
/** Names above a host where records may be published by mistake. */
export const MOST_STRAYS = 4;
/** Targets in a file: more should be split into several runs. */
export const MOST_TARGETS = 100_000;
