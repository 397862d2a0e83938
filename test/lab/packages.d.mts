export function shellsTree(say: (text: string) => void): Promise<string>;
