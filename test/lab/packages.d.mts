export function shellsTree(say: (text: string) => void): Promise<string>;
export function haproxyTree(say: (text: string) => void): Promise<string>;
