// Reads an object after it was deleted.

int* volatile object = nullptr;  // volatile: no compiler sees through it

int main() {
  object = new int(1);
  delete object;
  const int value = *object;
  return value == 1 ? 0 : 0;
}
