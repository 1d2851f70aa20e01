export async function keyboard() {
  return { checks: '0 walks', wrong: [] };
}
