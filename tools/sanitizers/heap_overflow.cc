// SPDX-License-Identifier: Apache-2.0

// Reads one element past the end of an array on the heap.

int main(int argc, char**) {
  const int size = argc + 9;
  const volatile int* const array = new int[static_cast<unsigned>(size)]();
  const int beyond = array[size];
  delete[] array;
  // Uses the value, whatever it is, without depending on it.
  return beyond == 1 ? 0 : 0;
}
