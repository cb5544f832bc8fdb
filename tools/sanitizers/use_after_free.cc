// Reads an object after it was deleted.

int main() {
  const volatile int* const object = new int(1);
  delete object;
  const int value = *object;
  return value == 1 ? 0 : 0;
}
