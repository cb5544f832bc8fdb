// SPDX-License-Identifier: Apache-2.0

// Reads an int at an address that no int can have.

int main() {
  alignas(int) static unsigned char bytes[8] = {};
  volatile unsigned offset = 1;
  const int* const misaligned = reinterpret_cast<const int*>(bytes + offset);
  return *misaligned;
}
