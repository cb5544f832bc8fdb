// SPDX-License-Identifier: Apache-2.0

// Reads an object after it was deleted.

// Volatile in both ways: no compiler may see through it or leave the read out.
volatile int* volatile object = nullptr;

int main() {
  object = new int(1);
  delete object;
  const int value = *object;
  return value == 1 ? 0 : 0;
}
