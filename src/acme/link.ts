// The Link header (RFC 8288 §3), as far as ACME uses it: target and relation.

export interface Link {
  readonly url: string;
  readonly rel: string;
}

// A target, then parameters; a comma inside <…> or "…" separates nothing.
const LINK = /<([^>]*)>((?:\s*;\s*[\w*!#$&+^`|~.-]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)/g;
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i;

/**
 * Every relation of every link; targets are made absolute against `base`; invalid ones are left
 * out.
 */
export function parseLinks(header: string | undefined, base: string): readonly Link[] {
  return [...(header ?? '').matchAll(LINK)].flatMap(([, target = '', parameters = '']) => {
    const found = REL.exec(parameters);
    const relations = (found?.[1] ?? found?.[2] ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    if (!URL.canParse(target, base)) return [];
    return relations.map((rel) => ({ url: new URL(target, base).href, rel }));
  });
}
